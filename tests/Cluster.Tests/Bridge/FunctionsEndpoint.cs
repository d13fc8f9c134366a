using System.Net;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>Where the functions would be: the real event intake on a real socket of this process, before functions that a test or a benchmark brings.</summary>
internal sealed class FunctionsEndpoint : IAsyncDisposable
{
    private readonly AgentWardenMetrics _metrics = new();
    private readonly HttpRoutes _routes;
    private readonly IPEndPoint _address;
    private readonly LateReports _reports = new();
    private WebServer? _server;

    /// <param name="functions">What is called.</param>
    /// <param name="api">Not asked for anything: our bridge's events name the object in full.</param>
    /// <param name="port">On loopback; the same over all starts, as a Service's is.</param>
    public FunctionsEndpoint(IEnumerable<IEventHandler> functions, IKubernetesReader api, int port)
    {
        _address = new(IPAddress.Loopback, port);
        Dispatcher = new([.. functions], api, new(_metrics, NullLoggerFactory.Instance), TimeProvider.System);
        var intake = new EventIntakeHandler(Dispatcher, _reports, new(null), NullLogger.Instance, callers: null);
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

    /// <summary>Gone at once, as when the last replica is: what is under way is cut, and connections are refused from now on.</summary>
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
