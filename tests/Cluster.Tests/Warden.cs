using AgentWarden.Kernel.Contracts;
using System.Net;
using AgentWarden.Platform.Composition;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.ClusterTests;

/// <summary>All functions over a real API server, in this process: caches, event bridge and, when asked, the admission endpoint with its webhooks.</summary>
internal sealed class Warden : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly WebServer _server;
    private readonly Task _running;

    private Warden(ClusterConnection connection, TimeProvider clock, ILoggerFactory loggers, bool works)
    {
        Process = new(connection, new()
        {
            Parts = HostedParts.All, Settings = _ => null, Loggers = loggers, Clock = clock, Catalog = FunctionCatalog.Load(_ => null), ChecksCallers = false,
        });
        Certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        _server = new(
            [new("admission", new IPEndPoint(IPAddress.Loopback, 0), Process.MapAdmission) { Certificate = new InMemoryCertificate(Certificate.Certificate) },
             new("http", new IPEndPoint(IPAddress.Loopback, 0), Process.MapPlain)],
            Process.Readiness, Process.Metrics, loggers, Process.AddServices);
        _running = Task.WhenAll(Process.Functions.Caches.RunAsync(_stop.Token), works ? Process.WorkAsync(_stop.Token) : Task.CompletedTask);
    }

    public WardenProcess Process { get; }

    public ServingCertificate Certificate { get; }

    public Uri Admission => new($"https://127.0.0.1:{_server.Address("admission").Port}/");

    public Uri Http => new($"http://127.0.0.1:{_server.Address("http").Port}/");

    /// <param name="works">False for a replica that does not hold the Lease: caches and admission, no event bridge and no timers.</param>
    public static async Task<Warden> StartAsync(ClusterConnection connection, TimeProvider? clock = null, ILoggerFactory? loggers = null, bool works = true)
    {
        var warden = new Warden(connection, clock ?? TimeProvider.System, loggers ?? Logs(), works);
        await warden._server.StartAsync(CancellationToken.None);
        await warden.Process.Functions.Caches.WaitForSyncAsync(CancellationToken.None).WaitAsync(Guide.Patience);
        return warden;
    }

    /// <summary>WARDEN_TEST_LOG names a file to look into when a test fails; without it nothing is logged.</summary>
    private static ILoggerFactory Logs() => Environment.GetEnvironmentVariable("WARDEN_TEST_LOG") is { Length: > 0 } file
        ? new StdoutLoggerFactory(LogLevel.Debug, new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite), json: false)
        : NullLoggerFactory.Instance;

    /// <summary>Ends it in good order.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        Process.Dispose();
        _stop.Dispose();
    }
}
