using System.Collections.Concurrent;
using System.Net;
using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

/// <summary>A server of gRPC on loopback, on a free port unless one is named.</summary>
internal sealed class RunningGrpc : IAsyncDisposable
{
    private readonly ErrorLog _log = new();
    private readonly WebServer _server;

    private RunningGrpc(GrpcMethods methods, ICertificateSource? certificate, ClientAuthorityFile? authority, int port)
    {
        var listener = Listener.ForGrpc("grpc", new(IPAddress.Loopback, port), methods) with { Certificate = certificate, ClientAuthority = authority };
        _server = new WebServer([listener], Readiness, new AgentWardenMetrics(), _log);
    }

    public Readiness Readiness { get; } = new();

    public IReadOnlyCollection<string> Errors => _log.Errors;

    public Uri Address { get; private set; } = null!;

    public static async Task<RunningGrpc> StartAsync(GrpcMethods methods, ICertificateSource? certificate = null, ClientAuthorityFile? authority = null, int port = 0)
    {
        var running = new RunningGrpc(methods, certificate, authority, port);
        await running._server.StartAsync(CancellationToken.None);
        running.Address = new($"{(certificate is null ? "http" : "https")}://{running._server.Address("grpc")}");
        return running;
    }

    public Task StopAsync(CancellationToken deadline) => _server.StopAsync(deadline);

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _server.StopAsync(deadline.Token);
        await _server.DisposeAsync();
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

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
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
