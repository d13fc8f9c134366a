using System.Diagnostics;

namespace AgentWarden.FunctionsHost;

/// <summary>
/// <c>dotnet publish functions</c>, of the build that the tests are of: what a developer has under Core Tools. Once for all tests.
/// </summary>
internal static class PublishedFunctionApp
{
    /// <summary>Of this build: bin/CONFIGURATION/FRAMEWORK below the test project.</summary>
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory.TrimEnd('/'));

    private static readonly Lazy<Task<string>> Published = new(PublishAsync);

    /// <summary>The functions' sources.</summary>
    public static string Sources { get; } = Path.Combine(Output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "functions");

    /// <summary>Where it is. Whoever asks first waits for it.</summary>
    public static Task<string> FolderAsync() => Published.Value;

    private static async Task<string> PublishAsync()
    {
        var folder = Path.Combine(Output.Parent!.Parent!.FullName, "function-app");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        // What was built for these tests is there already.
        var project = Path.Combine(Sources, "Functions.csproj");
        string[] arguments = ["publish", project, "--no-build", "--nologo", "-c", Output.Parent!.Name, "-o", folder];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? folder : throw new InvalidOperationException(output);
    }
}
