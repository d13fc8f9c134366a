using AgentWarden.Platform.Composition.Installing;
using AgentWarden.ControlPlane;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests;

/// <summary>One real control plane for the whole run: the tests that share it are one collection, so they run one after the other and each takes its own namespace.</summary>
public sealed class ControlPlaneFixture : IAsyncLifetime
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(15);

    private KubernetesClient? _client;
    private int _namespaces;

    public LocalControlPlane Plane { get; private set; } = null!;

    /// <summary>Signs client certificates that the API server believes.</summary>
    internal TestAuthority Authority { get; } = new();

    /// <summary>What ServiceAccounts of our namespace asked of the API server.</summary>
    internal AuditLog Audit { get; } = new();

    internal ClusterConnection Connection { get; private set; } = null!;

    /// <summary>The administrator's.</summary>
    internal KubernetesClient Client => _client!;

    public async Task InitializeAsync()
    {
        // Published now, and not while a test waits for something else.
        Assert.True(File.Exists(Shipped.Program));
        // The first run on a machine may have to build the binaries.
        using var patience = new CancellationTokenSource(StartPatience);
        Plane = await LocalControlPlane.StartAsync(new LocalControlPlaneOptions { ApiServerArguments = [$"--client-ca-file={Authority.File}", .. Audit.ApiServerArguments] }, progress: null, patience.Token);
        Connection = ClusterConnection.FromKubeConfig(Plane.KubeconfigPath);
        _client = new KubernetesClient(Connection);
        await new Installer(_client).InstallAsync(progress: null, patience.Token);
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (Plane is not null)
        {
            await Plane.DisposeAsync();
        }

        Authority.Dispose();
        Audit.Dispose();
    }

    /// <summary>A fresh namespace's name.</summary>
    public async Task<string> NewNamespaceAsync(string prefix = "test", IReadOnlyDictionary<string, string>? labels = null)
    {
        var name = $"{prefix}-{Interlocked.Increment(ref _namespaces)}-{Guid.NewGuid().ToString("N")[..6]}";
        var written = labels is null ? "" : string.Join(",", labels.Select(l => $"\"{l.Key}\":\"{l.Value}\""));
        await Client.CreateAsync(KubernetesKinds.Namespace, ns: null, "tests", Json($$$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{{name}}}}","labels":{ {{{{written}}}} } }}"""), CancellationToken.None);
        return name;
    }

    internal static ReadOnlyMemory<byte> Json(string json) => System.Text.Encoding.UTF8.GetBytes(json);
}

/// <summary>Put <c>[Collection(ControlPlaneCollection.Name)]</c> on a test class to get the <see cref="ControlPlaneFixture"/>.</summary>
[CollectionDefinition(Name)]
public sealed class ControlPlaneCollection : ICollectionFixture<ControlPlaneFixture>
{
    public const string Name = "control plane";
}
