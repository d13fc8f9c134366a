using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Composition;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>A bridge process without a process of its own, to look into; with its HTTP sink.</summary>
internal sealed class BridgeInside : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching, _working;

    private BridgeInside(ClusterConnection connection, Uri sink, Shard shard, string? mode, (string Name, string Value)[] settings, FunctionCatalog? catalog)
    {
        Process = new(connection, shard, catalog ?? FunctionCatalog.Load(_ => null), name => name switch
        {
            "AGENTWARDEN_SINK_URL" => sink.AbsoluteUri,
            "AGENTWARDEN_SINK_MODE" => mode,
            _ => settings.FirstOrDefault(s => s.Name == name).Value,
        }, NullLoggerFactory.Instance, TimeProvider.System);
        _watching = Process.Watches.RunAsync(_stop.Token);
        _working = Process.WorkAsync(_stop.Token);
    }

    public BridgeProcess Process { get; }

    public static BridgeInside Start(
        ClusterConnection connection, Uri sink, Shard? shard = null, string? mode = null, FunctionCatalog? catalog = null,
        params (string Name, string Value)[] settings) => new(connection, sink, shard ?? Shard.Whole, mode, settings, catalog);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watching, _working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Process.Dispose();
        _stop.Dispose();
    }
}
