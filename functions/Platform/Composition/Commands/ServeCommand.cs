using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>Bare, in a pod: TLS for admission, plain HTTP for events, probes and metrics; bridge and timers on the replica that holds the Lease.</summary>
internal static class ServeCommand
{
    internal sealed record Options(HostedParts Parts, string Admission, string Http, string? Certificate, string? Key, string? Kubeconfig, string? Context);

    public static Task<int> RunAsync(Options options) => Hosted.RunAsync(loggers => RunAsync(options, loggers));

    private static async Task<int> RunAsync(Options options, ILoggerFactory loggers)
    {
        var cluster = Settings.Cluster(options.Kubeconfig, options.Context);
        using var process = new WardenProcess(cluster, new()
        {
            Parts = options.Parts, Settings = Settings.Read, Loggers = loggers, Catalog = FunctionCatalog.Load(Settings.Read),
        });
        using var certificate = Certificate(options, loggers);
        var plain = new Listener("http", Listener.ParseAddress("--http", options.Http), process.MapPlain);
        await using var server = new WebServer(
            certificate is null ? [plain] : [new("admission", Listener.ParseAddress("--admission", options.Admission), process.MapAdmission) { Certificate = certificate }, plain],
            process.Readiness, process.Metrics, loggers, process.AddServices);
        using var lifetime = new HostLifetime(loggers).ListenForSignals();
        // The Lease has a connection of its own: a queue of writes must not cost the leadership.
        using var leaseApi = new KubernetesClient(cluster);
        var ns = OwnNamespace.Of(cluster, Settings.Read);
        Func<CancellationToken, Task> work = options.Parts.HasFlag(HostedParts.Bridge) ? token => process.LeadAsync(leaseApi, ns, process.WorkAsync, token) : process.FollowAsync;
        return await HostRunner.RunAsync(server, process.Readiness, lifetime, ShutdownOptions.FromSettings(Settings.Read), loggers,
            process.Functions.Caches.RunAsync, work, IdleTrim.RunAsync);
    }

    /// <summary>For admission, which the API server only calls over TLS; null when this process has no part in it.</summary>
    private static CertificateFiles? Certificate(Options options, ILoggerFactory loggers) =>
        !options.Parts.HasFlag(HostedParts.Admission) ? null
        : options.Certificate is { } certificate && options.Key is { } key ? new CertificateFiles(certificate, key, loggers)
        : throw new HostingException("serve needs --certificate and --key: PEM files for the admission endpoint, which the API server only calls over TLS. (--role functions has no admission and needs none.)");
}
