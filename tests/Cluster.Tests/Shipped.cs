using System.Diagnostics;
using System.Runtime.InteropServices;
using AgentWarden.FunctionsHost;

namespace AgentWarden.ClusterTests;

/// <summary>
/// The functions as they ship: published for this platform, one native executable. Once for all tests; a publish of what has not changed
/// takes seconds, because the SDK compares what it compiled with the sources.
/// </summary>
internal static class Shipped
{
    /// <summary>The folder that <c>tests/run</c> published into, for all test projects.</summary>
    private const string Setting = "WARDEN_SHIPPED";

    private static readonly Lazy<string> Published = new(() =>
        Environment.GetEnvironmentVariable(Setting) is { Length: > 0 } folder ? folder : Publish());

    /// <summary>Whoever asks first waits for it.</summary>
    public static string Folder => Published.Value;

    public static string Program => Path.Combine(Folder, "agent-warden");

    private static string Publish()
    {
        // What was taken out of the sources must not stay in it.
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "bin", "shipped"));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var platform = $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "publish", PublishedFunctionApp.Sources, "--nologo", "-c", "Release", "-r", platform, "-p:RunAnalyzers=false", "-o", folder },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var publish = Process.Start(start)!;
        var output = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        Assert.True(publish.ExitCode == 0, output);
        return folder;
    }
}
