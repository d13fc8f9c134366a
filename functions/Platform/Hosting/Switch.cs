namespace AgentWarden.Platform.Hosting;

/// <summary>A setting that turns something off that is on by default.</summary>
internal static class Switch
{
    /// <exception cref="HostingException">The setting is neither on nor off: a misspelt <c>false</c> must not leave it on unnoticed.</exception>
    public static bool IsOn(Func<string, string?> settings, string name) => settings(name)?.Trim().ToLowerInvariant() switch
    {
        null or "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw new HostingException($"{name} is true (the default) or false."),
    };
}
