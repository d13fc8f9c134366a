using Microsoft.AspNetCore.Routing;
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
    private readonly EventIntakeHandler _intake;
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
        _intake = new(Dispatcher, _reports, new(null), NullLogger.Instance, callers: null);
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
        var readiness = new Readiness();
        var calls = new HttpCalls(readiness, _metrics, NullLogger.Instance);
        _server = new([new("functions", _address, endpoints => Map(endpoints, calls))], readiness, _metrics, NullLoggerFactory.Instance);
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

    private void Map(IEndpointRouteBuilder endpoints, HttpCalls calls)
    {
        FunctionEndpoints.Map(endpoints, "events", ["POST"], calls, (call, token) => _intake.TakeAsync(null, call, token));
        FunctionEndpoints.Map(endpoints, "events/{function}", ["POST"], calls, (call, token) => _intake.TakeAsync(call.Path.Split('/')[^1], call, token));
    }

    /// <summary>The bridge's address is known after ours.</summary>
    private sealed class LateReports : ILookReports
    {
        public ILookReports? To { get; set; }

        public Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation) => To?.ReportAsync(looks, cancellation) ?? Task.CompletedTask;
    }
}
