using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>A bridge in this process that calls functions of this process, as <c>serve</c> does with its own.</summary>
internal sealed class BridgeInside : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly AgentWardenMetrics _metrics = new();
    private readonly KubernetesClient _api;
    private readonly Task _watching, _working;

    public BridgeInside(BenchCluster cluster, IReadOnlyList<IEventHandler> functions)
    {
        _api = new(cluster.Connection, new() { UserAgent = "benchmarks-bridge" });
        var bridged = BridgedFunction.Of(functions);
        var bridge = new EventBridgeHost(bridged, new InProcessSink(functions, new(_metrics, NullLoggerFactory.Instance)), TimeProvider.System, NullLogger.Instance);
        var watches = new BridgeWatches(_api, bridged, Shard.Whole, NullLogger.Instance);
        watches.Feed(bridge);
        _watching = Task.Run(() => watches.RunAsync(_stop.Token));
        _working = Task.Run(async () =>
        {
            await watches.WaitForSyncAsync(_stop.Token);
            await bridge.RunAsync(watches, _stop.Token);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watching, _working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _api.Dispose();
        _metrics.Dispose();
        _stop.Dispose();
    }
}
