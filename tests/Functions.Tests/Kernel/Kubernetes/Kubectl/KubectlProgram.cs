using System.Diagnostics;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>kubectl, where this machine has one: on PATH, or where the local control plane keeps its binaries.</summary>
internal static class KubectlProgram
{
    /// <summary>Null when there is none: then the tests compare with what kubectl was seen to do.</summary>
    public static readonly string? Found = Places().FirstOrDefault(File.Exists);

    /// <summary>Its exit code and what it said.</summary>
    public static async Task<(int Code, string Said)> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Found!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(IsAboutClusters).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    private static bool IsAboutClusters(string name) =>
        name.StartsWith("KUBE", StringComparison.OrdinalIgnoreCase) || name.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Places()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var cache = Environment.GetEnvironmentVariable("AGENT_WARDEN_CACHE") ?? Path.Combine(home, "agent-warden");
        var planes = Path.Combine(cache, "control-plane");
        var below = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 };
        return
        [
            .. path.Split(Path.PathSeparator).Append(Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") ?? "")
                .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "kubectl")),
            .. Directory.Exists(planes) ? Directory.EnumerateFiles(planes, "kubectl", below) : [],
        ];
    }
}
