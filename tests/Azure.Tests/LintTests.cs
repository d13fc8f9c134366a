namespace AgentWarden.AzureTests;

/// <summary>bicep itself has nothing to say about the files.</summary>
public sealed class LintTests
{
    private const string Everything = "**/*.bicep";

    [Fact]
    public async Task The_files_build_without_a_warning()
    {
        var templates = await CompiledTemplates.AllAsync();
        Assert.Equal((0, ""), (templates.ExitCode, templates.Said));
        Assert.Equal(BicepProgram.Sources.Order(StringComparer.Ordinal), templates.Texts.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_linter_finds_nothing()
    {
        using var bicep = new BicepProgram();
        Assert.Equal((0, ""), await bicep.RunAsync("lint", "--pattern", Everything));
    }

    [Fact]
    public async Task The_linter_would_find_something()
    {
        using var bicep = new BicepProgram();
        await File.WriteAllTextAsync(Path.Combine(bicep.Folder, "modules", "bad.bicep"), "param nobodyReadsThis string\n");
        var (_, said) = await bicep.RunAsync("lint", "--pattern", "**/bad.bicep");
        Assert.Contains("no-unused-params", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_files_are_formatted()
    {
        using var bicep = new BicepProgram();
        Assert.Equal((0, ""), await bicep.RunAsync("format", "--pattern", Everything));
        foreach (var source in BicepProgram.Sources)
        {
            Assert.Equal(
                await File.ReadAllTextAsync(Path.Combine(bicep.Folder, source)),
                await File.ReadAllTextAsync(Path.Combine(BicepProgram.Source, source)));
        }
    }
}
