using System.Diagnostics;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary><c>dotnet publish functions</c> into a folder of its own: what a developer has under Core Tools. What goes into a container is <see cref="Shipped"/>.</summary>
public sealed class PublishedApp : IAsyncLifetime
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("function-app-").FullName;

    /// <summary>Of this build: bin/CONFIGURATION/FRAMEWORK below the test project.</summary>
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory.TrimEnd('/'));

    /// <summary>The functions' sources.</summary>
    public static string Sources { get; } = Path.Combine(Output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "functions");

    public async Task InitializeAsync()
    {
        // What was built for these tests is there already.
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { "publish", Path.Combine(Sources, "Functions.csproj"), "--no-build", "-c", Output.Parent!.Name, "-o", Folder }, RedirectStandardOutput = true, UseShellExecute = false };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, output);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }
}
