using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge;

/// <summary>The watches of a bridge that is a process of its own: one per subscribed kind, metadata only, and of that only what subscriptions ask about.</summary>
internal sealed class BridgeWatches : IWatchedObjects
{
    private readonly IReadOnlyList<Reflector<MetadataOnly>> _watches;

    /// <param name="api">The API server.</param>
    /// <param name="functions">Whose subscriptions count.</param>
    /// <param name="shard">Objects of other shards are not kept.</param>
    /// <param name="log">Never sees an object's body.</param>
    public BridgeWatches(IKubernetesWatcher api, IEnumerable<BridgedFunction> functions, Shard shard, ILogger log)
    {
        var options = new ReflectorOptions { List = new() { MetadataOnly = true } };
        _watches = [.. functions.SelectMany(f => f.Subscriptions).GroupBy(s => s.Kind).Select(kind =>
            new Reflector<MetadataOnly>(api, kind.Key, ObjectMetaJson.Default.MetadataOnly, log, options, Trim([.. kind], shard)))];
    }

    public void Feed(EventBridgeHost bridge)
    {
        foreach (var watch in _watches)
        {
            watch.Subscribe(new BridgeFeed<MetadataOnly>(watch.Kind, bridge));
        }
    }

    public void ForEach(Action<ResourceKind, ObjectMeta> each)
    {
        foreach (var watch in _watches)
        {
            foreach (var item in watch.All())
            {
                each(watch.Kind, item.Metadata);
            }
        }
    }

    /// <summary>Objects that are watched, over all kinds.</summary>
    public int Count => _watches.Sum(w => w.Count);

    /// <summary>Watches until cancelled, also when no function subscribes to anything.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        _watches.Count == 0 ? Task.Delay(Timeout.Infinite, cancellation) : Task.WhenAll(_watches.Select(w => w.RunAsync(cancellation)));

    public Task WaitForSyncAsync(CancellationToken cancellation) => Task.WhenAll(_watches.Select(w => w.WaitForSyncAsync(cancellation)));

    /// <summary>Which kinds were not listed yet, or null.</summary>
    public string? NotReady()
    {
        var missing = _watches.Where(w => !w.IsSynced).Select(w => w.Kind.Kind).ToArray();
        return missing.Length == 0 ? null : $"not listed yet: {string.Join(", ", missing)} (are the CRDs installed and the ServiceAccount allowed to list them?)";
    }

    private static Func<MetadataOnly, MetadataOnly?> Trim(IReadOnlyList<Kernel.Contracts.Subscription> subscriptions, Shard shard)
    {
        var asked = subscriptions.SelectMany(s => SubscriptionMapping.LabelKeys(s.LabelSelector)).ToHashSet(StringComparer.Ordinal);
        var owners = subscriptions.Any(s => s.Owner is not null);
        var trim = new MetadataTrim(keepLabel: asked.Contains) { KeepsOwners = owners };
        return item => shard.Owns(item.Metadata) ? trim.Trim(item) : null;
    }
}
