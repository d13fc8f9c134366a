using System.Globalization;
using System.Text.Json;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>What the API server says it is (<c>/version</c>); some clouds write the minor version as <c>27+</c>.</summary>
internal sealed record ServerVersion(int Major, int Minor, string GitVersion)
{
    public bool AtLeast(int major, int minor) => (Major, Minor).CompareTo((major, minor)) >= 0;

    public static ServerVersion Parse(ReadOnlySpan<byte> json)
    {
        string major = "", minor = "", git = "";
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "major": major = reader.GetString() ?? ""; break;
                case "minor": minor = reader.GetString() ?? ""; break;
                case "gitVersion": git = reader.GetString() ?? ""; break;
                default: reader.Skip(); break;
            }
        }

        return new ServerVersion(Number(major), Number(minor), git);
    }

    private static int Number(string text) =>
        int.TryParse(string.Concat(text.TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
