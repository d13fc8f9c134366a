using System.Security.Cryptography;

namespace AgentWarden.ControlPlane;

/// <summary>A user the API server knows by a bearer token. A class, not a record: a record would print its token.</summary>
public sealed class TokenUser(string name, params IReadOnlyList<string> groups)
{
    public string Name { get; } = name;

    public IReadOnlyList<string> Groups { get; } = groups;

    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>The line of the API server's token file: token, name, uid, "groups".</summary>
    internal string ToCsv() => string.Join(',', Token, Quote(Name), Quote(Name), Quote(string.Join(',', Groups)));

    public override string ToString() => Name;

    private static string Quote(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
