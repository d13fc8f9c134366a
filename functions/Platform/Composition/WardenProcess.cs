using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>What every host shares: the functions over one API server, their declarations, probes, metrics, and the work that one replica does for all.</summary>
internal sealed class WardenProcess : IDisposable
{
    private readonly PrometheusExporter _prometheus = new(AgentWardenMetrics.MeterName);
    private readonly IDisposable? _otlp;

    /// <param name="cluster">The API server.</param>
    /// <param name="parts">What of it all this process does.</param>
    /// <param name="settings">Environment variables.</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="checksCallers">False only where nobody but the developer reaches the endpoint.</param>
    public WardenProcess(ClusterConnection cluster, HostedParts parts, Func<string, string?> settings, ILoggerFactory loggers, TimeProvider clock, bool checksCallers = true)
    {
        Loggers = loggers;
        _otlp = OtlpExport.Start(settings);
        Invocations = new(Metrics, loggers);
        Manifest = FunctionManifest.Load(settings);
        var disabled = Manifest.Declarations.Where(d => d.Disabled).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var api = new KubernetesClient(cluster);
        Functions = new(api, parts, settings, Invocations, loggers, clock, disabled, checksCallers ? Callers.Check(api, settings, OwnNamespace.Of(cluster, settings), clock) : null);
        Bound = [.. Manifest.Bind(Functions.All).Where(b => parts.HasFlag(HostedPartOf.Function(b.Function)))];
        Timers = new(Bound, settings, Invocations, loggers, clock);
        Readiness.Add(Functions.Caches.NotReady);
        BridgeMetrics.Observe(Metrics, Functions.Bridge);
    }

    public ILoggerFactory Loggers { get; }
    public AgentWardenMetrics Metrics { get; } = new();
    public Invocations Invocations { get; }
    public WardenFunctions Functions { get; }
    public FunctionManifest Manifest { get; }
    public IReadOnlyList<BoundFunction> Bound { get; }
    public Readiness Readiness { get; } = new();

    private TimerRunner Timers { get; }

    /// <summary>What the API server calls, over TLS.</summary>
    public HttpRoutes AdmissionRoutes() => new(Routes(HostedParts.Admission));

    /// <summary>All others, in plain HTTP.</summary>
    public HttpRoutes PlainRoutes() => new([.. Routes(HostedParts.Events), .. BuiltInRoutes.Probes(Readiness), BuiltInRoutes.Metrics(_prometheus)]);

    /// <summary>The event bridge and the timers: for one process at a time.</summary>
    public async Task WorkAsync(CancellationToken cancellation)
    {
        // Before the first whole list, absent means unknown, and a look would only have to be repeated.
        await Functions.Caches.WaitForSyncAsync(cancellation);
        await Task.WhenAll(Functions.Bridge.RunAsync(Functions.Caches, cancellation), Timers.RunAsync(cancellation));
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
    public Task LeadAsync(KubernetesClient api, string ns, Func<CancellationToken, Task> work, CancellationToken cancellation) =>
        new LeaseElector(api, api, new() { Namespace = ns, Name = "agent-warden" }, Loggers.CreateLogger("AgentWarden.Leader")).RunAsync(work, cancellation);

    public void Dispose()
    {
        Functions.Dispose();
        _otlp?.Dispose();
        _prometheus.Dispose();
        Metrics.Dispose();
    }

    private IEnumerable<HttpRoute> Routes(HostedParts part) => FunctionRoutes.Of(Bound.Where(b => HostedPartOf.Function(b.Function) == part), Manifest.Host, Invocations);
}
