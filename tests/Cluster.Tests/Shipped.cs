using System.Diagnostics;
using System.Runtime.InteropServices;
using AgentWarden.ClusterTests.FunctionsHost;

namespace AgentWarden.ClusterTests;

/// <summary>The functions as they ship: published for this platform, with their runtime, trimmed and compiled ahead of time. Once for all tests, and quick when nothing has changed.</summary>
internal static class Shipped
{
    private static readonly Lazy<string> Published = new(Publish);

    /// <summary>Also a function app. Whoever asks first waits for it.</summary>
    public static string Folder => Published.Value;

    public static string Program => Path.Combine(Folder, "agent-warden");

    private static string Publish()
    {
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "shipped"));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var platform = $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "publish", PublishedApp.Sources, "--nologo", "-c", "Release", "-r", platform, "-p:RunAnalyzers=false", "-o", folder },
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
