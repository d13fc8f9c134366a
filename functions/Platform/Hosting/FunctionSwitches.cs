namespace AgentWarden.Platform.Hosting;

/// <summary>Which functions run, by the settings of the Functions host, so that one switch works in every host.</summary>
internal static class FunctionSwitches
{
    /// <summary>
    /// Off by <c>AzureWebJobs.NAME.Disabled</c> or <c>AzureWebJobs_NAME_Disabled</c> (<c>1</c> or <c>true</c>, and either is enough);
    /// with <c>AzureFunctionsJobHost__functions__0</c>… only the listed ones are on.
    /// </summary>
    public static bool IsDisabled(string name, Func<string, string?> settings) =>
        IsTrue(settings($"AzureWebJobs.{name}.Disabled")) || IsTrue(settings($"AzureWebJobs_{name}_Disabled")) || (Listed(settings) is { Count: > 0 } listed && !listed.Contains(name));

    private static HashSet<string> Listed(Func<string, string?> settings)
    {
        var listed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; settings($"AzureFunctionsJobHost__functions__{i}") is { Length: > 0 } name; i++)
        {
            listed.Add(name);
        }

        return listed;
    }

    private static bool IsTrue(string? value) => value is "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
