using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.ControlPlane;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>An API server and its etcd with our CRDs and one provider. No controller manager: nobody else is to write, and the two cores are for what is measured.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    public const string Provider = "anthropic";
    public const string Variable = "ANTHROPIC_API_KEY";
    private const string Manager = "benchmarks";

    /// <summary>As many as the reference of the target.</summary>
    public const int Connections = 16;

    /// <summary>After the CRDs came, the server builds its API description anew.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ServedPatience = TimeSpan.FromSeconds(30);

    private readonly LocalControlPlane _plane;

    private BenchCluster(LocalControlPlane plane)
    {
        _plane = plane;
        Connection = ClusterConnection.FromKubeConfig(plane.KubeconfigPath);
        Api = new(Connection, new() { MaxInFlight = Connections, UserAgent = Manager });
        Counters = new(Api);
    }

    public string Kubeconfig => _plane.KubeconfigPath;

    public ClusterConnection Connection { get; }

    public KubernetesClient Api { get; }

    public RequestCounters Counters { get; }

    public static async Task<BenchCluster> StartAsync(CancellationToken cancellation)
    {
        var plane = await LocalControlPlane.StartAsync(new() { WithControllerManager = false }, progress: null, cancellation);
        var cluster = new BenchCluster(plane);
        try
        {
            await cluster.InstallAsync(cancellation);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await _plane.DisposeAsync();
    }

    public Task NamespaceAsync(string name, CancellationToken cancellation) => CreateAsync(KubernetesKinds.Namespace, null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, cancellation);

    public Task<ObjectMeta> AccessAsync(string ns, string name, CancellationToken cancellation) => CreateAsync(CredentialKinds.LLMAccess, ns, Access(name), cancellation);

    /// <summary>Creates accesses over all connections.</summary>
    public Task AccessesAsync(string ns, IEnumerable<string> names, CancellationToken cancellation) =>
        Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = cancellation }, async (name, token) => await AccessAsync(ns, name, token));

    public static string Name(int number) => $"access-{number:0000}";

    public static string SecretName(string access) => $"{access}-key";

    public static JsonObject Access(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["providerRef"] = new JsonObject { ["name"] = Provider },
            ["models"] = new JsonArray("claude-sonnet-4-6"),
            ["secretName"] = SecretName(name),
            ["workloadSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["kagent.dev/agent"] = name } },
            ["injection"] = new JsonObject { ["env"] = new JsonArray(new JsonObject { ["name"] = Variable, ["secretKey"] = "apiKey" }) },
        },
    };

    public Task<ObjectMeta> CreateAsync(ResourceKind kind, string? ns, JsonObject body, CancellationToken cancellation)
    {
        body["apiVersion"] = kind.ApiVersion;
        body["kind"] = kind.Kind;
        return Api.CreateAsync(kind, ns, Manager, Encoding.UTF8.GetBytes(body.ToJsonString()), cancellation);
    }

    private async Task InstallAsync(CancellationToken cancellation)
    {
        await KubectlAsync(["apply", "--validate=false", "-f", Path.Combine(PublishedPrograms.Repository, "deploy", "crds")], cancellation);
        await ServedAsync(CredentialKinds.LLMProvider, cancellation);
        await ServedAsync(CredentialKinds.LLMAccess, cancellation);
        await NamespaceAsync("platform", cancellation);
        await CreateAsync(KubernetesKinds.Secret, "platform", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "master" }, ["stringData"] = new JsonObject { ["api-key"] = new string('k', 108) } }, cancellation);
        await CreateAsync(CredentialKinds.LLMProvider, null, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Provider },
            ["spec"] = new JsonObject
            {
                ["provider"] = "anthropic",
                ["auth"] = new JsonObject
                {
                    ["type"] = "apiKey",
                    ["apiKey"] = new JsonObject
                    {
                        ["secretRef"] = new JsonObject { ["name"] = "master", ["namespace"] = "platform", ["key"] = "api-key" },
                        ["rotation"] = new JsonObject { ["enabled"] = true, ["interval"] = "30d", ["strategy"] = "recreateSecret" },
                    },
                },
                ["allowedModels"] = new JsonArray("claude-opus-4-6", "claude-sonnet-4-6"),
            },
        }, cancellation);
        await Task.Delay(Settle, cancellation);
    }

    /// <summary>The server answers 404 for a new kind until it has taken it in.</summary>
    private async Task ServedAsync(ResourceKind kind, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ServedPatience);
        while (true)
        {
            try
            {
                await Api.ListPageAsync(kind, ns: null, ListOptions.All, continueToken: null, ObjectMetaJson.Default.MetadataOnly, patience.Token);
                return;
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }

    private async Task KubectlAsync(string[] arguments, CancellationToken cancellation)
    {
        var start = new System.Diagnostics.ProcessStartInfo(_plane.Binaries.Kubectl, ["--kubeconfig", Kubeconfig, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var kubectl = System.Diagnostics.Process.Start(start)!;
        await kubectl.StandardOutput.ReadToEndAsync(cancellation);
        await kubectl.WaitForExitAsync(cancellation);
        if (kubectl.ExitCode != 0)
        {
            throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)} failed");
        }
    }
}
