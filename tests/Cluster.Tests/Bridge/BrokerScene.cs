using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>A bridge process that delivers through a broker, and functions that report their looks to it, with the token of their ServiceAccount.</summary>
internal sealed class BrokerScene : IAsyncDisposable
{
    /// <summary>How long anything may take before a test calls it missing. Well below the five minutes after which the bridge delivers again without a report.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ControlPlaneFixture _cluster;
    private readonly Accounts _accounts;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly string _token;

    private BrokerScene(ControlPlaneFixture cluster, Accounts accounts, string token, WardenChild bridge, ManyAccesses many) =>
        (_cluster, _accounts, _token, Bridge, Accesses) = (cluster, accounts, token, bridge, many);

    public WardenChild Bridge { get; }

    public ManyAccesses Accesses { get; }

    /// <summary>Starts the bridge and waits until it works.</summary>
    /// <param name="cluster">The API server.</param>
    /// <param name="sink">The bridge's settings.</param>
    public static async Task<BrokerScene> StartAsync(ControlPlaneFixture cluster, IReadOnlyDictionary<string, string> sink)
    {
        var accesses = await ManyAccesses.InNewNamespaceAsync(cluster, "broker");
        var accounts = new Accounts(cluster.Client);
        // A Lease that an earlier test's bridge was killed with would be waited for.
        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden-bridge", new(), default);
        var scene = new BrokerScene(cluster, accounts, await accounts.TokenFileAsync("agent-warden-functions"), WardenChild.Bridge(cluster.Plane.KubeconfigPath, sink), accesses);
        try
        {
            scene.Bridge.Start();
            await scene.UntilAsync(b => b is not null, "the bridge does not work");
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>How functions find the bridge, and who they are.</summary>
    public Dictionary<string, string> Reporting() => new(StringComparer.Ordinal)
    {
        ["AGENTWARDEN_NAMESPACE"] = "agent-warden-system",
        ["AGENTWARDEN_BRIDGE_URL"] = Bridge.Http.AbsoluteUri,
        ["AGENTWARDEN_TOKEN_FILE"] = _token,
    };

    /// <summary>What a function app that this broker feeds is set to.</summary>
    /// <param name="kubeconfig">The API server, when it is not reached directly.</param>
    public Dictionary<string, string> App(string? kubeconfig = null) => new(Reporting(), StringComparer.Ordinal)
    {
        ["KUBECONFIG"] = kubeconfig ?? _cluster.Plane.KubeconfigPath,
        ["AGENTWARDEN_BRIDGE"] = "false",
        ["AGENTWARDEN_QUEUE_NAME"] = "agent-warden-events",
    };

    /// <summary>Waits until so much work waits for functions.</summary>
    public Task BacklogOfAtLeastAsync(int count) => UntilAsync(b => b >= count, $"less than {count} objects wait");

    /// <summary>Waits until no work is left: every delivery was reported.</summary>
    public Task NoBacklogAsync() => UntilAsync(b => b == 0, "there are looks that nobody reported");

    /// <summary>Waits until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> otherwise)
    {
        for (var started = DateTime.UtcNow; !await holds(); await Task.Delay(50))
        {
            if (DateTime.UtcNow - started > Patience)
            {
                throw new TimeoutException(otherwise());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Bridge.Dispose();
        _http.Dispose();
        _accounts.Dispose();
        await Accesses.DeleteAsync();
    }

    private async Task UntilAsync(Func<int?, bool> holds, string otherwise)
    {
        var last = "";
        await UntilAsync(async () =>
        {
            (var backlog, last) = await BacklogAsync();
            return holds(backlog);
        }, () => $"{otherwise}: {last}");
    }

    /// <summary>What the bridge tells a scaler; null while it does not work.</summary>
    private async Task<(int? Backlog, string Said)> BacklogAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(Bridge.Http, "scaler"));
            var said = await answer.Content.ReadAsStringAsync();
            return (answer.IsSuccessStatusCode ? (int?)JsonNode.Parse(said)!["all"]!["backlog"] : null, said);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && Bridge.IsRunning)
        {
            return (null, e.Message);
        }
    }
}
