using System.Text.Json;
using AgentWarden.ControlPlane;

namespace AgentWarden.Node;

/// <summary>A real node beside a real control plane: pods run, reach each other by Services and their names, and are given their volumes and tokens.</summary>
internal sealed class LocalNode : IAsyncDisposable
{
    internal const string Name = "node1";

    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(5), StopTimeout = TimeSpan.FromSeconds(10), PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly NodeFiles _files;
    private readonly NodeCgroup _cgroup;
    private readonly List<ServerProcess> _servers = [];
    private ClusterNames? _names;

    private LocalNode(LocalControlPlane plane)
    {
        Plane = plane;
        _files = new(Directory.CreateTempSubdirectory("agent-warden-node-").FullName, plane.Binaries.Directory);
        _cgroup = new(_files.Name);
    }

    internal LocalControlPlane Plane { get; }

    /// <summary>Logs and configuration, until the node ends.</summary>
    internal string DataDirectory => _files.Directory;

    /// <summary>Starts the control plane and the node, and returns when pods may be scheduled to it.</summary>
    /// <exception cref="ControlPlaneException">Something did not start, or this is not a network namespace of its own (see in-namespace.sh).</exception>
    internal static async Task<LocalNode> StartAsync(LocalControlPlaneOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        var binaries = await ControlPlaneBinaries.LocateAsync(withNode: true, progress, cancellation);
        await NodeNetwork.PrepareAsync(Path.Combine(binaries.Directory, "busybox"), cancellation);
        var plane = await LocalControlPlane.StartAsync(options with { PodsReachItAt = NodeNetwork.Address }, progress, cancellation);
        var node = new LocalNode(plane);
        try
        {
            await node.StartServersAsync(cancellation);
            progress?.Report($"node {Name} is ready");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an image that <see cref="ImageArchive"/> wrote known to the node.</summary>
    internal Task ImportAsync(string archive, CancellationToken cancellation) =>
        Programs.RunAsync(Binary("ctr"), ["--address", _files.Socket, "--namespace", "k8s.io", "images", "import", archive], cancellation);

    /// <summary>Ends pods, node and control plane, in this order, and deletes what they wrote.</summary>
    public async ValueTask DisposeAsync()
    {
        // The kubelet first, and containerd last: else containers would be started again, or their ends go unheard.
        foreach (var server in Enumerable.Reverse(_servers).SkipLast(1))
        {
            await StopAsync(server);
        }

        await _cgroup.KillAllAsync();
        foreach (var containerd in _servers.Take(1))
        {
            await StopAsync(containerd);
        }

        NodeRemains.KillShims(_files.Socket);
        await NodeRemains.UnmountAsync(_files.Directory, Binary("busybox"));
        await _cgroup.RemoveAsync();
        if (_names is not null)
        {
            await _names.DisposeAsync();
        }

        Directory.Delete(_files.Directory, recursive: true);
        await Plane.DisposeAsync();
    }

    private async Task StartServersAsync(CancellationToken cancellation)
    {
        EmbeddedScripts.WriteTo(_files.Directory, "supervise.sh");
        _files.Write();
        _cgroup.Create();
        _names = ClusterNames.Start(NodeNetwork.Address, Plane.CreateClient());
        var containerd = Start("containerd", NodeFlags.Containerd(_files));
        await UntilAsync(containerd, async () => File.Exists(_files.Socket) && await AnswersAsync(cancellation), cancellation);
        var busybox = Path.Combine(_files.Directory, "busybox.tar");
        await Images.WriteBusyboxAsync(busybox, Binary("busybox"), cancellation);
        await ImportAsync(busybox, cancellation);
        Start("kube-proxy", NodeFlags.Proxy(Plane.KubeconfigPath, Name));
        Start("kube-scheduler", NodeFlags.Scheduler(Plane.KubeconfigPath));
        var kubelet = Start("kubelet", NodeFlags.Kubelet(_files, Plane.KubeconfigPath, Name));
        using var api = Plane.CreateClient();
        await UntilAsync(kubelet, () => IsReadyAsync(api, cancellation), cancellation);
    }

    private ServerProcess Start(string program, IReadOnlyList<string> flags)
    {
        var server = ServerProcess.Start(_files.Directory, deleteDirectoryWithOwner: false, Binary(program), flags, Plane.Binaries.Directory);
        _servers.Add(server);
        return server;
    }

    private static async Task StopAsync(ServerProcess server)
    {
        await server.StopAsync(StopTimeout);
        server.Dispose();
    }

    private string Binary(string name) => Path.Combine(Plane.Binaries.Directory, name);

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            await Programs.RunAsync(Binary("ctr"), ["--address", _files.Socket, "version"], cancellation);
            return true;
        }
        catch (ControlPlaneException)
        {
            return false;
        }
    }

    /// <summary>Ready, and without the taint that a node has until then.</summary>
    private static async Task<bool> IsReadyAsync(HttpClient api, CancellationToken cancellation)
    {
        using var answer = await api.GetAsync(new Uri($"/api/v1/nodes/{Name}", UriKind.Relative), cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            return false;
        }

        using var node = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
        return !node.RootElement.GetProperty("spec").TryGetProperty("taints", out _)
            && node.RootElement.GetProperty("status").TryGetProperty("conditions", out var conditions)
            && conditions.EnumerateArray().Any(c => c.GetProperty("type").ValueEquals("Ready") && c.GetProperty("status").ValueEquals("True"));
    }

    private static async Task UntilAsync(ServerProcess server, Func<Task<bool>> ready, CancellationToken cancellation)
    {
        for (var started = DateTime.UtcNow; !await ready(); await Task.Delay(PollInterval, cancellation))
        {
            if (server.HasExited || DateTime.UtcNow - started > ReadyTimeout)
            {
                throw server.Failure(server.HasExited ? "ended before it was ready" : $"was not ready after {ReadyTimeout.TotalMinutes:0} minutes");
            }
        }
    }
}
