using System.Diagnostics;
using System.Runtime.InteropServices;
using AgentWarden.ClusterTests.FunctionsHost;

namespace AgentWarden.ClusterTests;

/// <summary>The functions as they ship: published for this platform, with their runtime, trimmed and compiled ahead of time. Once for all tests, and quick when nothing has changed.</summary>
internal static class Shipped
{
    private static readonly Lazy<Task> Publishing = new(PublishAsync);

    /// <summary>Also a function app.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "shipped"));

    public static string Program { get; } = Path.Combine(Folder, "agent-warden");

    /// <summary>Before anything of it is used.</summary>
    public static Task EnsureAsync() => Publishing.Value;

    private static async Task PublishAsync()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        var platform = $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "publish", PublishedApp.Sources, "--nologo", "-c", "Release", "-r", platform, "-p:RunAnalyzers=false", "-o", Folder },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, output);
    }
}
