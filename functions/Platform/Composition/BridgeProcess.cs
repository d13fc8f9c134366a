using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>The event bridge as a process of its own: watches and timers in, events out through a sink. It runs no function and reads no object's body.</summary>
internal sealed class BridgeProcess : IDisposable
{
    private readonly PrometheusExporter _prometheus = new(AgentWardenMetrics.MeterName);
    private readonly IDisposable? _otlp;
    private readonly KubernetesClient _api;
    private readonly TimeProvider _clock;
    private readonly TimerRunner _timers;
    private readonly PoisonDrain? _poison;
    private readonly IEventSink _sink;

    public BridgeProcess(ClusterConnection cluster, Shard shard, Func<string, string?> settings, ILoggerFactory loggers, TimeProvider clock)
    {
        (Loggers, _clock) = (loggers, clock);
        _otlp = OtlpExport.Start(settings);
        _api = new(cluster);
        var invocations = new Invocations(Metrics, loggers);
        var manifest = FunctionManifest.Load(settings);
        var functions = Enabled(manifest, invocations, clock);
        var bridged = BridgedFunction.Of(functions);
        var sink = Sinks.Of([.. functions.Where(f => f is IEventFunction or ITimerFunction)], settings, clock, loggers);
        Bridge = new(bridged, sink.Sink, clock, loggers.CreateLogger("AgentWarden.EventBridge"), reportWithin: sink.ReportWithin, metrics: Metrics);
        (_sink, _poison) = (sink.Sink, sink.Poison?.Invoke(Bridge));
        Watches = new(_api, bridged, shard, loggers.CreateLogger("AgentWarden.Watches"));
        Watches.Feed(Bridge);
        // One of several shards fires the timers.
        var timers = shard.Index == 0 ? functions.OfType<ITimerFunction>() : [];
        _timers = new(timers.Select(t => new BoundFunction(new BridgeTimer(t.Name, Bridge), Declared(manifest, t).Trigger)), settings, invocations, loggers, clock);
        Readiness.Add(Watches.NotReady);
        var callers = Callers.Check(_api, settings, OwnNamespace.Of(cluster, settings), clock);
        var looks = new LookIntake(Bridge, KindTable.Of(functions.OfType<IEventFunction>()), callers);
        Routes = new([.. BuiltInRoutes.Probes(Readiness), BuiltInRoutes.Metrics(_prometheus), .. ScalerRoutes.Of(Bridge), new(LookIntake.Route, ["POST"], looks.HandleAsync) { JsonOnly = true }]);
        BridgeMetrics.Observe(Metrics, Bridge);
        BridgeMetrics.Observe(Metrics, _poison);
        Metrics.Observe("agentwarden.bridge.watched", "Objects that are watched, over all kinds.", () => Watches.Count);
    }

    public ILoggerFactory Loggers { get; }
    public AgentWardenMetrics Metrics { get; } = new();
    public EventBridgeHost Bridge { get; }
    public BridgeWatches Watches { get; }
    public Readiness Readiness { get; } = new();
    public HttpRoutes Routes { get; }

    /// <summary>KEDA's external scaler.</summary>
    public GrpcMethods Scaler => new ScalerService(Bridge, _clock).Methods();

    /// <summary>Deliveries and timers: for the replica that holds the Lease.</summary>
    public async Task WorkAsync(CancellationToken cancellation)
    {
        await Watches.WaitForSyncAsync(cancellation);
        await Task.WhenAll(Bridge.RunAsync(Watches, cancellation), _timers.RunAsync(cancellation), _poison?.RunAsync(cancellation) ?? Task.CompletedTask);
    }

    public void Dispose()
    {
        (_sink as IDisposable)?.Dispose();
        _api.Dispose();
        _otlp?.Dispose();
        _prometheus.Dispose();
        Metrics.Dispose();
    }

    private static FunctionDeclaration Declared(FunctionManifest manifest, IFunction function) => manifest.Declarations.First(d => d.Name == function.Name);

    /// <summary>The functions are composed only to read what they declare; nothing of them runs here.</summary>
    private IReadOnlyList<IFunction> Enabled(FunctionManifest manifest, Invocations invocations, TimeProvider clock)
    {
        var disabled = manifest.Declarations.Where(d => d.Disabled).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var functions = new WardenFunctions(_api, HostedParts.Events, static _ => null, invocations, Loggers, clock, disabled, callers: null);
        return [.. manifest.Bind(functions.All).Select(b => b.Function)];
    }
}
