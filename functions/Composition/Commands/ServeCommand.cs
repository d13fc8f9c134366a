using AgentWarden.Kernel.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Composition.Commands;

/// <summary>Bare, in a pod: TLS for admission, plain HTTP for events, probes and metrics; bridge and timers on the replica that holds the Lease.</summary>
internal static class ServeCommand
{
    internal sealed record Options(string Admission, string Http, string? Certificate, string? Key, string? Kubeconfig, string? Context);

    public static async Task<int> RunAsync(Options options)
    {
        using var loggers = StdoutLoggerFactory.FromSettings(Settings.Read);
        try
        {
            return await RunAsync(options, loggers);
        }
        catch (HostingException problem)
        {
            loggers.CreateLogger("AgentWarden.Hosting").LogCritical("{Problem}", problem.Message);
            return ExitCodes.CannotStart;
        }
    }

    private static async Task<int> RunAsync(Options options, ILoggerFactory loggers)
    {
        if (options.Certificate is null || options.Key is null)
        {
            throw new HostingException("serve needs --certificate and --key: PEM files for the admission endpoint, which the API server only calls over TLS.");
        }

        var cluster = Settings.Cluster(options.Kubeconfig, options.Context);
        using var certificate = new CertificateFiles(options.Certificate, options.Key, loggers);
        using var process = new WardenProcess(cluster, Settings.Read, loggers, TimeProvider.System, Settings.EventAuthentication());
        await using var server = new WebServer(
            [
                new("admission", Listener.ParseAddress("--admission", options.Admission), process.AdmissionRoutes()) { Certificate = certificate },
                new("http", Listener.ParseAddress("--http", options.Http), process.PlainRoutes()),
            ],
            process.Readiness, process.Metrics, loggers);
        using var lifetime = new HostLifetime(loggers).ListenForSignals();
        // The Lease has a connection of its own: a queue of writes must not cost the leadership.
        using var leaseApi = new KubernetesClient(cluster);
        var ns = Settings.Read(Settings.Namespace) is { Length: > 0 } named ? named : cluster.Namespace;
        return await HostRunner.RunAsync(server, process.Readiness, lifetime, ShutdownOptions.FromSettings(Settings.Read), loggers,
            process.Functions.Caches.RunAsync, token => process.LeadAsync(leaseApi, ns, token), IdleTrim.RunAsync);
    }
}
