using System.Collections.Concurrent;
using System.Net;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>The scaler as a bridge serves it, on loopback: gRPC on a free port unless one is named, and JSON on another.</summary>
internal sealed class RunningScaler : IAsyncDisposable
{
    private readonly ErrorLog _log = new();
    private readonly AgentWardenMetrics _metrics;
    private readonly WebServer _server;
    private readonly string _scheme;

    private RunningScaler(IBacklog backlog, ICertificateSource? certificate, ClientAuthorityFile? authority, int port, string? meter)
    {
        _metrics = new(meter ?? "Test.RunningScaler");
        _scheme = certificate is null ? "http" : "https";
        var scaler = new Listener("scaler", new(IPAddress.Loopback, port), ScalerEndpoints.MapGrpc)
        {
            Certificate = certificate, ClientAuthority = authority, Http2Only = true,
        };
        var json = new Listener("json", new(IPAddress.Loopback, 0), ScalerEndpoints.MapJson);
        _server = new([scaler, json], Readiness, _metrics, _log,
            services => ScalerEndpoints.AddServices(services, backlog, _metrics, TimeProvider.System, Readiness.Draining));
    }

    public Readiness Readiness { get; } = new();

    public IReadOnlyCollection<string> Errors => _log.Errors;

    /// <summary>Of gRPC.</summary>
    public Uri Address => new($"{_scheme}://{_server.Address("scaler")}");

    /// <summary>Of the JSON routes, for clients of HTTP/1.1.</summary>
    public Uri Json => new($"http://{_server.Address("json")}");

    public static async Task<RunningScaler> StartAsync(
        IBacklog backlog, ICertificateSource? certificate = null, ClientAuthorityFile? authority = null, int port = 0, string? meter = null)
    {
        var running = new RunningScaler(backlog, certificate, authority, port, meter);
        await running._server.StartAsync(CancellationToken.None);
        return running;
    }

    public Task StopAsync(CancellationToken deadline) => _server.StopAsync(deadline);

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _server.StopAsync(deadline.Token);
        await _server.DisposeAsync();
        _metrics.Dispose();
    }

    /// <summary>Keeps what was logged as an error.</summary>
    private sealed class ErrorLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Errors.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
