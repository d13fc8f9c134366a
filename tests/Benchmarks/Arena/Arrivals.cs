using System.Text.Json.Serialization.Metadata;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Kubernetes.Watching;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Watches one namespace as a user's client would, over a connection of its own, and notes when each Secret and each Ready is first seen.</summary>
internal sealed class Arrivals : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan WatchLength = TimeSpan.FromMinutes(10);

    private readonly KubernetesClient _api;
    private readonly string _namespace;
    private readonly CancellationTokenSource _stop;
    private readonly Sightings _secrets = new(), _ready = new();
    private Task _watching = Task.CompletedTask;

    private Arrivals(BenchCluster cluster, string ns, CancellationToken cancellation)
    {
        _api = new(cluster.Connection, new() { UserAgent = "benchmarks-watch" });
        _namespace = ns;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    public static async Task<Arrivals> WatchAsync(BenchCluster cluster, string ns, CancellationToken cancellation)
    {
        var arrivals = new Arrivals(cluster, ns, cancellation);
        var secrets = await arrivals.FollowAsync(KubernetesKinds.Secret, new() { MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, s => arrivals._secrets.See(s.Metadata.Name));
        var accesses = await arrivals.FollowAsync(CredentialKinds.LLMAccess, ListOptions.All, CredentialJson.Default.LLMAccess, a => arrivals.See(a));
        // Neither ends before both are stopped, unless it fails.
        arrivals._watching = Task.WhenAny(secrets, accesses).Unwrap();
        return arrivals;
    }

    /// <summary>The Stopwatch timestamp at which the Secret was seen.</summary>
    public Task<long> SecretAsync(string name) => WaitAsync(_secrets, name);

    /// <summary>The Stopwatch timestamp at which the access was seen Ready.</summary>
    public Task<long> ReadyAsync(string name) => WaitAsync(_ready, name);

    /// <summary>When the last of them was seen Ready.</summary>
    public async Task<long> AllReadyAsync(IEnumerable<string> names) => (await Task.WhenAll(names.Select(ReadyAsync))).Max();

    public static bool IsReady(LLMAccess access) => access.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _api.Dispose();
        _stop.Dispose();
    }

    private async Task<long> WaitAsync(Sightings seen, string name)
    {
        var waiting = seen.When(name);
        try
        {
            var first = await Task.WhenAny(waiting, _watching).WaitAsync(Patience, _stop.Token);
            return first == waiting ? await waiting : throw new InvalidOperationException("The benchmark's watch ended.", _watching.Exception);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{_namespace}/{name} was not seen within {Patience.TotalSeconds:0} s; {_secrets.Count} Secrets and {_ready.Count} Ready were.", late);
        }
    }

    private void See(LLMAccess access)
    {
        if (IsReady(access))
        {
            _ready.See(access.Metadata.Name);
        }
    }

    /// <summary>Lists, and goes on with watches in the background. The server ends a watch that is slow to read, and then the next one goes on from there.</summary>
    private async Task<Task> FollowAsync<T>(ResourceKind kind, ListOptions options, JsonTypeInfo<T> type, Action<T> see) where T : class, IKubernetesObject
    {
        var list = await _api.ListPageAsync(kind, _namespace, options with { PageSize = 0 }, continueToken: null, type, _stop.Token);
        foreach (var item in list.Items)
        {
            see(item);
        }

        return Task.Run(async () =>
        {
            var version = list.ResourceVersion!;
            while (true)
            {
                await foreach (var change in _api.WatchAsync(kind, _namespace, options, version, WatchLength, type, _stop.Token))
                {
                    version = change.ResourceVersion ?? change.Object?.Metadata.ResourceVersion ?? version;
                    if (change.Object is { } item && change.Type != WatchEventType.Deleted)
                    {
                        see(item);
                    }
                }
            }
        });
    }
}
