namespace AgentWarden.AzureTests;

/// <summary>Every Bicep file built by itself, as ARM templates. Made once for all tests.</summary>
/// <param name="ExitCode">Of bicep.</param>
/// <param name="Said">Warnings and errors.</param>
/// <param name="Texts">The templates, by the path of the Bicep file.</param>
internal sealed record CompiledTemplates(int ExitCode, string Said, IReadOnlyDictionary<string, string> Texts)
{
    private static readonly Lazy<Task<CompiledTemplates>> All = new(BuildAsync);

    public static Task<CompiledTemplates> AllAsync() => All.Value;

    private static async Task<CompiledTemplates> BuildAsync()
    {
        using var bicep = new BicepProgram();
        var (exitCode, said) = await bicep.RunAsync("build", "--pattern", "**/*.bicep");
        var texts = BicepProgram.Sources
            .Select(s => (Source: s, Template: Path.ChangeExtension(Path.Combine(bicep.Folder, s), "json")))
            .Where(f => File.Exists(f.Template))
            .ToDictionary(f => f.Source, f => File.ReadAllText(f.Template), StringComparer.Ordinal);
        return new(exitCode, said, texts);
    }
}
