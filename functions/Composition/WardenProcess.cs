using System.Diagnostics.Metrics;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Composition;

/// <summary>What every host shares: the functions over one API server, their declarations, probes, metrics, and the work that one replica does for all.</summary>
internal sealed class WardenProcess : IDisposable
{
    /// <summary>Routes below this are called by the API server, over TLS; all others are plain HTTP.</summary>
    private const string AdmissionRoot = "admission/";

    private readonly PrometheusExporter _prometheus = new(AgentWardenMetrics.MeterName);
    private readonly IDisposable? _otlp;

    public WardenProcess(ClusterConnection cluster, Func<string, string?> settings, ILoggerFactory loggers, TimeProvider clock, Func<HttpCall, Task<string?>>? authenticateEvents)
    {
        Loggers = loggers;
        _otlp = OtlpExport.Start(settings);
        Invocations = new(Metrics, loggers);
        Manifest = FunctionManifest.Load(settings);
        var disabled = Manifest.Declarations.Where(d => d.Disabled).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        Functions = new(new KubernetesClient(cluster), Invocations, loggers, clock, disabled, authenticateEvents);
        Bound = Manifest.Bind(Functions.All);
        Timers = new(Bound, settings, Invocations, loggers, clock);
        Readiness.Add(Functions.Caches.NotReady);
        ObserveBacklog();
    }

    public ILoggerFactory Loggers { get; }
    public AgentWardenMetrics Metrics { get; } = new();
    public Invocations Invocations { get; }
    public WardenFunctions Functions { get; }
    public FunctionManifest Manifest { get; }
    public IReadOnlyList<BoundFunction> Bound { get; }
    public Readiness Readiness { get; } = new();

    private TimerRunner Timers { get; }

    public HttpRoutes AdmissionRoutes() => new(Routes().Where(r => r.Template.StartsWith(AdmissionRoot, StringComparison.OrdinalIgnoreCase)));

    public HttpRoutes PlainRoutes() => new(
        Routes().Where(r => !r.Template.StartsWith(AdmissionRoot, StringComparison.OrdinalIgnoreCase))
            .Concat(BuiltInRoutes.Probes(Readiness)).Append(BuiltInRoutes.Metrics(_prometheus)));

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

    /// <summary>The same, for whichever replica holds the Lease.</summary>
    public Task LeadAsync(KubernetesClient api, string ns, CancellationToken cancellation) =>
        new LeaseElector(api, api, new() { Namespace = ns, Name = "agent-warden" }, Loggers.CreateLogger("AgentWarden.Leader")).RunAsync(WorkAsync, cancellation);

    public void Dispose()
    {
        Functions.Dispose();
        _otlp?.Dispose();
        _prometheus.Dispose();
        Metrics.Dispose();
    }

    private IEnumerable<HttpRoute> Routes() => FunctionRoutes.Of(Bound, Manifest.Host, Invocations);

    private void ObserveBacklog()
    {
        IEnumerable<Measurement<long>> Each(Func<EventBridge.QueueFigures, long> figure) =>
            Functions.Bridge.Figures().Select(f => new Measurement<long>(figure(f.Figures), new KeyValuePair<string, object?>("function", f.Function)));
        Metrics.Observe("agentwarden.bridge.backlog", "Objects that wait to be looked at.", () => Each(f => f.Ready));
        Metrics.Observe("agentwarden.bridge.in_flight", "Objects that are being looked at.", () => Each(f => f.InFlight));
        Metrics.Observe("agentwarden.bridge.delayed", "Objects to be looked at later: due times and retries.", () => Each(f => f.Delayed));
        Metrics.Observe("agentwarden.bridge.failing", "Objects whose last look failed.", () => Each(f => f.Failing));
        Metrics.Observe("agentwarden.bridge.oldest_seconds", "Age of the oldest change that was not looked at.", () => Each(f => (long)f.Oldest.TotalSeconds));
    }
}
