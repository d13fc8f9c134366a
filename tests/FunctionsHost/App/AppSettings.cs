using System.Text.RegularExpressions;

namespace AgentWarden.FunctionsHost.App;

/// <summary>The settings of the function app: what is an environment variable in the host's container, and so in its worker's.</summary>
internal sealed partial class AppSettings(IReadOnlyDictionary<string, string> values)
{
    /// <summary>Settings with this prefix replace what host.json says.</summary>
    private const string HostPrefix = "AzureFunctionsJobHost__";

    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>Puts settings in the place of <c>%NAME%</c>.</summary>
    /// <param name="text">As it was declared.</param>
    /// <param name="missing">The first name that is not set, or null.</param>
    public string Resolve(string text, out string? missing)
    {
        string? first = null;
        var resolved = Placeholder().Replace(text, match =>
        {
            var name = match.Groups["name"].Value;
            if (values.TryGetValue(name, out var value))
            {
                return value;
            }

            first ??= name;
            return match.Value;
        });
        missing = first;
        return resolved;
    }

    /// <summary>What replaces parts of host.json, with colons between the names.</summary>
    public IEnumerable<KeyValuePair<string, string?>> OfHost() =>
        from setting in values
        where setting.Key.StartsWith(HostPrefix, StringComparison.OrdinalIgnoreCase)
        let path = setting.Key[HostPrefix.Length..].Replace("__", ":", StringComparison.Ordinal)
        select KeyValuePair.Create(path, (string?)setting.Value);

    /// <summary>The connection of a trigger: by its name, or with the prefix that the host adds to it.</summary>
    public string? Connection(string name) => values.GetValueOrDefault($"AzureWebJobs{name}") ?? values.GetValueOrDefault(name);

    /// <summary>Whether a function is switched off; the name with underscores is for systems whose variables have no dots.</summary>
    public bool IsDisabled(string function) => On($"AzureWebJobs.{function}.Disabled") || On($"AzureWebJobs_{function}_Disabled");

    private bool On(string name) => values.GetValueOrDefault(name) is { } value && (value == "1" || bool.TryParse(value, out var on) && on);

    [GeneratedRegex("%(?<name>[^%]+)%", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
