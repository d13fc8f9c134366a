using Microsoft.AspNetCore.Routing;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Telemetry;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>The event bridge as a process of its own: watches and timers in, events out through a sink. It runs no function and reads no object's body.</summary>
internal sealed class BridgeProcess : IDisposable
{
    private readonly KubernetesClient _api;
    private readonly TimeProvider _clock;
    private readonly Func<string, string?> _settings;
    private readonly TimerRunner _timers;
    private readonly PoisonDrain? _poison;
    private readonly IEventSink _sink;
    private readonly LookIntake _looks;
    private readonly HttpCalls _calls;

    public BridgeProcess(ClusterConnection cluster, Shard shard, FunctionCatalog catalog, Func<string, string?> settings, ILoggerFactory loggers, TimeProvider clock)
    {
        (Loggers, _clock, _settings) = (loggers, clock, settings);
        _api = new(cluster);
        var invocations = new Invocations(Metrics, loggers);
        var functions = Enabled(catalog, invocations);
        var bridged = BridgedFunction.Of(functions);
        var sink = Sinks.Of([.. functions.Where(f => f is IEventHandler or ITimerHandler)], settings, clock, loggers);
        Bridge = new(bridged, sink.Sink, clock, loggers.CreateLogger("AgentWarden.EventBridge"), reportWithin: sink.ReportWithin, metrics: Metrics);
        (_sink, _poison) = (sink.Sink, sink.Poison?.Invoke(Bridge));
        Watches = new(_api, bridged, shard, loggers.CreateLogger("AgentWarden.Watches"));
        Watches.Feed(Bridge);
        // One of several shards fires the timers.
        _timers = new(shard.Index == 0 ? Timers(catalog) : [], settings, loggers, clock);
        Readiness.Add(Watches.NotReady);
        var callers = Callers.Check(_api, settings, OwnNamespace.Of(cluster, settings), clock);
        _looks = new(Bridge, KindTable.Of(functions.OfType<IEventHandler>()), callers);
        _calls = new(Readiness, Metrics, loggers.CreateLogger("AgentWarden.Hosting"));
        BridgeMetrics.Observe(Metrics, Bridge);
        BridgeMetrics.Observe(Metrics, _poison);
        Metrics.Observe("agentwarden.bridge.watched", "Objects that are watched, over all kinds.", () => Watches.Count);
    }

    public ILoggerFactory Loggers { get; }
    public AgentWardenMetrics Metrics { get; } = new();
    public EventBridgeHost Bridge { get; }
    public BridgeWatches Watches { get; }
    public Readiness Readiness { get; } = new();

    /// <summary>What the endpoints need.</summary>
    public void AddServices(IServiceCollection services)
    {
        services.AddAgentWardenTelemetry(_settings);
        ScalerEndpoints.AddServices(services, Bridge, Metrics, _clock, Readiness.Draining);
    }

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
        Metrics.Dispose();
    }

    /// <summary>Probes, metrics, reports of looks, and KEDA's figures as JSON.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        Probes.Map(endpoints);
        endpoints.MapMetrics();
        FunctionEndpoints.Map(endpoints, LookIntake.Route, ["POST"], _calls, _looks.HandleAsync);
        ScalerEndpoints.MapJson(endpoints);
    }

    /// <summary>
    /// Stands in for a timer function that may be scaled to zero: when its time comes, the bridge has work for it.
    /// That wakes it (the scaler says so), and the tick is delivered like any event, once it is there.
    /// </summary>
    private IEnumerable<BoundTimer> Timers(FunctionCatalog catalog) => catalog.Functions
        .Where(f => f is { Disabled: false, Trigger: TimerTrigger } && Bridge.Functions.Contains(f.Handler, StringComparer.Ordinal))
        .Select(f => new BoundTimer(f.Name, (TimerTrigger)f.Trigger, _ =>
        {
            Bridge.Ask(f.Handler, TimerTick.Due(f.Handler, _clock.GetUtcNow()));
            return Task.CompletedTask;
        }));

    /// <summary>The handlers are composed only to read what they declare; nothing of them runs here.</summary>
    private IReadOnlyList<IHandler> Enabled(FunctionCatalog catalog, Invocations invocations)
    {
        var options = new WardenOptions
        {
            Parts = HostedParts.Events, Settings = static _ => null, Loggers = Loggers, Clock = _clock, Catalog = catalog,
        };
        var functions = new WardenFunctions(_api, options, invocations, callers: null);
        return [.. functions.Handlers.Where(h => options.TakesEvents(h.Name) || catalog.Calls(h.Name, t => t is TimerTrigger))];
    }
}
