using System.Diagnostics;
using System.Text.RegularExpressions;

namespace AgentWarden.ControlPlane;

/// <summary>Where the binaries of a real control plane are, and the versions they are of.</summary>
/// <param name="Directory">What they lie in.</param>
/// <param name="ServerVersion">Of the API server.</param>
/// <param name="ControllerManagerVersion">The same, except beside the second API server of the tests, which has none of its own.</param>
public sealed partial record ControlPlaneBinaries(string Directory, Version ServerVersion, Version ControllerManagerVersion)
{
    private const string Script = "get-binaries.sh";

    public string KubeApiServer => Path.Combine(Directory, "kube-apiserver");

    public string Etcd => Path.Combine(Directory, "etcd");

    public string KubeControllerManager => Path.Combine(Directory, "kube-controller-manager");

    public string Kubectl => Path.Combine(Directory, "kubectl");

    /// <summary>Where binaries and scripts are kept between runs: AGENT_WARDEN_CACHE, or the user's cache.</summary>
    public static string CacheDirectory =>
        Setting("AGENT_WARDEN_CACHE")
        ?? Path.Combine(Setting("XDG_CACHE_HOME") ?? Path.Combine(Home(), ".cache"), "agent-warden");

    /// <summary>Finds the binaries, or gets them: instant when they are there, minutes when they have to be built.</summary>
    public static Task<ControlPlaneBinaries> LocateAsync(
        IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        LocateAsync(withNode: false, progress, cancellationToken);

    /// <param name="withNode">Also those of a node: kubelet, kube-proxy, containerd and what they call.</param>
    /// <param name="progress">What the script says while it works.</param>
    /// <param name="cancellationToken">Ends the script and the build that it runs.</param>
    internal static async Task<ControlPlaneBinaries> LocateAsync(
        bool withNode, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new ControlPlaneException("kube-apiserver runs on Linux only; use Linux, WSL2 or a container.");
        }

        var script = EmbeddedScripts.WriteTo(Path.Combine(CacheDirectory, "control-plane"), Script);
        var output = await RunAsync("bash", withNode ? [script, "--node"] : [script], progress, cancellationToken);
        var directory = output.TrimEnd().Split('\n')[^1];
        var versions = await Task.WhenAll(new[] { "kube-apiserver", "kube-controller-manager" }.Select(async program =>
            ParseVersion(program, await RunAsync(Path.Combine(directory, program), ["--version"], null, cancellationToken))));
        return new ControlPlaneBinaries(directory, versions[0], versions[1]);
    }

    private static Version ParseVersion(string program, string output)
    {
        var match = KubernetesVersion().Match(output);
        return match.Success
            ? Version.Parse(match.Groups["version"].ValueSpan)
            : throw new ControlPlaneException($"{program} --version said '{output.Trim()}', which is not a version.");
    }

    private static async Task<string> RunAsync(
        string program, string[] arguments, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();

        // The script's own trap ends the build it runs; killing only the shell would leave it.
        await using var stop = cancellationToken.Register(() => Signals.Send(process.Id, Signals.Terminate));
        var errors = new List<string>();
        var reading = ReadErrorsAsync(process.StandardError, errors, progress);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await reading;
        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode == 0
            ? output
            : throw new ControlPlaneException(string.Join('\n', [$"{Path.GetFileName(arguments[0])} failed.", .. errors.TakeLast(25)]));
    }

    private static async Task ReadErrorsAsync(StreamReader reader, List<string> lines, IProgress<string>? progress)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            progress?.Report(line);
        }
    }

    private static string Home() =>
        Setting("HOME") ?? throw new ControlPlaneException("HOME is not set; set AGENT_WARDEN_CACHE to a directory.");

    private static string? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    [GeneratedRegex(@"Kubernetes v(?<version>\d+\.\d+\.\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KubernetesVersion();
}
