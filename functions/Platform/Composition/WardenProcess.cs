using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Telemetry;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AgentWarden.Platform.Composition;

/// <summary>What every host shares: the functions over one API server, their declarations, probes, metrics, and the work that one replica does for all.</summary>
internal sealed class WardenProcess : IDisposable
{
    private readonly WardenOptions _options;
    private readonly HttpCalls _calls;
    private readonly TimerRunner _timers;
    private readonly FunctionClasses _classes;

    public WardenProcess(ClusterConnection cluster, WardenOptions options)
    {
        _options = options;
        var (settings, loggers, clock) = (options.Settings, options.Loggers, options.Clock);
        var invocations = new Invocations(Metrics, loggers);
        var api = new KubernetesClient(cluster);
        var callers = options.ChecksCallers ? Callers.Check(api, settings, OwnNamespace.Of(cluster, settings), clock) : null;
        Functions = new(api, options, invocations, callers);
        _calls = new(Readiness, Metrics, loggers.CreateLogger("AgentWarden.Hosting"), cut: options.Cut);
        Entry = new(Functions.Handlers, Functions.Intake, _calls, invocations, clock);
        _classes = new(Entry);
        _timers = new(_classes.Timers(options.Catalog), settings, loggers, clock);
        Readiness.Add(Functions.Caches.NotReady);
        BridgeMetrics.Observe(Metrics, Functions.Bridge);
    }

    public AgentWardenMetrics Metrics { get; } = new();
    public WardenFunctions Functions { get; }
    public Readiness Readiness { get; } = new();

    /// <summary>Where the function classes hand their input to.</summary>
    public FunctionEntry Entry { get; }

    /// <summary>What the endpoints need.</summary>
    public void AddServices(IServiceCollection services) => services.AddAgentWardenTelemetry(_options.Settings);

    /// <summary>What the API server calls, over TLS.</summary>
    public void MapAdmission(IEndpointRouteBuilder endpoints) => Map(endpoints, HostedParts.Admission);

    /// <summary>All others, in plain HTTP.</summary>
    public void MapPlain(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, HostedParts.Events);
        Probes.Map(endpoints);
        endpoints.MapMetrics();
    }

    /// <summary>The event bridge and the timers: for one process at a time.</summary>
    public async Task WorkAsync(CancellationToken cancellation)
    {
        // Before the first whole list, absent means unknown, and a look would only have to be repeated.
        await Functions.Caches.WaitForSyncAsync(cancellation);
        await Task.WhenAll(Functions.Bridge.RunAsync(Functions.Caches, cancellation), _timers.RunAsync(cancellation));
    }

    /// <summary>The event bridge alone, where something else fires the timers.</summary>
    public async Task BridgeAsync(CancellationToken cancellation)
    {
        await Functions.Caches.WaitForSyncAsync(cancellation);
        await Functions.Bridge.RunAsync(Functions.Caches, cancellation);
    }

    /// <summary>Without watching for changes: looks that functions asked for when an event came from elsewhere than our bridge.</summary>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        await Functions.Caches.WaitForSyncAsync(cancellation);
        await Functions.Bridge.RunAsync(NoObjects.Instance, cancellation);
    }

    /// <summary>Work that one replica does for all: for whichever holds the Lease.</summary>
    public Task LeadAsync(KubernetesClient api, string ns, Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        var elector = new LeaseElector(api, api, new() { Namespace = ns, Name = "agent-warden" }, _options.Loggers.CreateLogger("AgentWarden.Leader"));
        return elector.RunAsync(work, cancellation);
    }

    public void Dispose()
    {
        Functions.Dispose();
        Metrics.Dispose();
    }

    private void Map(IEndpointRouteBuilder endpoints, HostedParts part)
    {
        var parts = Functions.Handlers.ToDictionary(h => h.Name, h => h.Part, StringComparer.Ordinal);
        var declared = _options.Catalog.Functions.Where(f => _options.Parts.HasFlag(part) && parts[f.Handler] == part);
        FunctionEndpoints.Map(endpoints, declared, _classes.Http);
    }
}
