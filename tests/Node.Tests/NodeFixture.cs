using System.Runtime.CompilerServices;
using AgentWarden.ClusterTests;
using AgentWarden.ControlPlane;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Node;

namespace AgentWarden.NodeTests;

/// <summary>One real node for the whole run, which knows the image that is made of what ships.</summary>
public sealed class NodeFixture : IAsyncLifetime
{
    /// <summary>What <c>images:</c> of the tests' overlay says.</summary>
    internal const string ImageName = "localhost/agent-warden", ImageTag = "shipped";

    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(15);

    /// <summary><c>tests/run --node</c> publishes it, because a namespace without a network is no place to build in.</summary>
    private static readonly string Shipped = Environment.GetEnvironmentVariable("WARDEN_SHIPPED") ?? "";

    private LocalNode? _node;
    private KubernetesClient? _client;

    internal static string Repository { get; } = FindRepository();

    /// <summary>The administrator's.</summary>
    internal KubernetesClient Client => _client!;

    internal Guide Guide => new(Client);

    internal Pods Pods => new(Client);

    public async Task InitializeAsync()
    {
        Assert.True(
            File.Exists(Path.Combine(Shipped, "agent-warden")),
            "These tests are run by tests/run --node, which publishes what they put into pods.");
        using var patience = new CancellationTokenSource(StartPatience);
        _node = await LocalNode.StartAsync(new LocalControlPlaneOptions(), progress: null, patience.Token);
        _client = new(ClusterConnection.FromKubeConfig(_node.Plane.KubeconfigPath));
        var archive = Path.Combine(_node.DataDirectory, "agent-warden.tar");
        await Images.WritePublishedAsync(archive, Shipped, Dockerfile(), patience.Token);
        await _node.ImportAsync(archive, patience.Token);
        File.Delete(archive);
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    /// <summary>Runs kubectl as the administrator.</summary>
    /// <exception cref="ControlPlaneException">It failed; the message has what it said.</exception>
    internal Task<string> KubectlAsync(params IEnumerable<string> arguments) => Programs.RunAsync(
        _node!.Plane.Binaries.Kubectl,
        [$"--kubeconfig={_node.Plane.KubeconfigPath}", $"--cache-dir={Path.Combine(_node.DataDirectory, "kubectl")}", .. arguments],
        CancellationToken.None);

    /// <summary>A fresh namespace, whose pods the webhook is asked about.</summary>
    internal async Task<string> NewNamespaceAsync(string prefix)
    {
        var name = $"{prefix}-{Guid.NewGuid().ToString("N")[..6]}";
        await KubectlAsync("create", "namespace", name);
        return name;
    }

    /// <summary>What <c>deploy/Dockerfile</c> says about the process. Its base image is the one thing that is not taken from there.</summary>
    private static ImageSettings Dockerfile()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository, "deploy", "Dockerfile"));
        return new()
        {
            Names = [$"{ImageName}:{ImageTag}"],
            User = Said("USER"),
            WorkingDirectory = Said("WORKDIR"),
            Entrypoint = System.Text.Json.JsonSerializer.Deserialize<string[]>(Said("ENTRYPOINT"))!,
        };

        string Said(string instruction) => lines.Single(l => l.StartsWith($"{instruction} ", StringComparison.Ordinal))[(instruction.Length + 1)..];
    }

    private static string FindRepository([CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", ".."));
}

/// <summary>The tests that share the node run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class NodeCollection : ICollectionFixture<NodeFixture>
{
    public const string Name = "node";
}
