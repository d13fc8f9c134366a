using System.Net;
using AgentWarden.EventIntake;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Where the functions would be: the real event intake on a real socket of this process, and behind it functions that only note what they were asked.</summary>
internal sealed class RecordingEndpoint : IAsyncDisposable
{
    private readonly AgentWardenMetrics _metrics = new();
    private readonly HttpRoutes _routes;
    private readonly IPEndPoint _address = new(IPAddress.Loopback, PublishedProcess.FreePort());
    private readonly LateReports _reports = new();
    private WebServer? _server;

    /// <param name="functions">What is called.</param>
    /// <param name="api">Not asked for anything: our bridge's events name the object in full.</param>
    public RecordingEndpoint(IEnumerable<IEventFunction> functions, IKubernetesReader api)
    {
        Dispatcher = new([.. functions], api, new(_metrics, NullLoggerFactory.Instance), TimeProvider.System);
        var intake = new EventIntakeFunction(Dispatcher, _reports, new(null), NullLogger.Instance, callers: null);
        _routes = new(new HttpRoute("events/{function?}", ["POST"], intake.HandleAsync));
    }

    public EventDispatcher Dispatcher { get; }

    public Uri Events => new($"http://{_address}/events");

    /// <summary>Where finished looks are reported when events came through a broker. Set before any comes.</summary>
    public ILookReports Reports
    {
        get => _reports;
        set => _reports.To = value;
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        _server = new([new("functions", _address, _routes)], new Readiness(), _metrics, NullLoggerFactory.Instance);
        await _server.StartAsync(cancellation);
    }

    /// <summary>Gone at once, as when the last replica is: connections are refused from now on.</summary>
    public async Task StopAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.StopAsync(new CancellationToken(canceled: true));
            await server.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _metrics.Dispose();
    }

    /// <summary>The bridge's address is known after ours.</summary>
    private sealed class LateReports : ILookReports
    {
        public ILookReports? To { get; set; }

        public Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation) => To?.ReportAsync(looks, cancellation) ?? Task.CompletedTask;
    }
}
