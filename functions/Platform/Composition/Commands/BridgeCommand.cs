using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>The event bridge alone: a small process that watches, and delivers to functions that run elsewhere, or are scaled to zero.</summary>
internal static class BridgeCommand
{
    internal sealed record Options(string Http, string Scaler, string? Certificate, string? Key, string? ClientAuthority, string? Shard, string? Kubeconfig, string? Context);

    public static Task<int> RunAsync(Options options) => Hosted.RunAsync(loggers => RunAsync(options, loggers));

    /// <summary>The Lease of a bridge, and the value of its leader's label: Services select it, so the manifests name it too.</summary>
    internal static string Lease(Shard shard) => shard.Count == 1 ? "agent-warden-bridge" : $"agent-warden-bridge-{shard.Index}";

    private static async Task<int> RunAsync(Options options, ILoggerFactory loggers)
    {
        var cluster = Settings.Cluster(options.Kubeconfig, options.Context);
        var shard = ShardOption.Parse(options.Shard, Settings.Read);
        var ns = OwnNamespace.Of(cluster, Settings.Read);
        var lease = Lease(shard);
        using var process = new BridgeProcess(cluster, shard, FunctionCatalog.Load(Settings.Read), Settings.Read, loggers, TimeProvider.System);
        using var certificate = Certificate(options, loggers);
        using var authority = options.ClientAuthority is { } file ? new ClientAuthorityFile(file, loggers) : null;
        var scaler = new Listener("scaler", Listener.ParseAddress("--scaler", options.Scaler), ScalerEndpoints.MapGrpc)
        {
            Certificate = certificate, ClientAuthority = authority, Http2Only = true,
        };
        var plain = new Listener("http", Listener.ParseAddress("--http", options.Http), process.Map);
        await using var server = new WebServer([plain, scaler], process.Readiness, process.Metrics, loggers, process.AddServices);
        using var lifetime = new HostLifetime(loggers).ListenForSignals();
        // The Lease and the label have a connection of their own: a long list must not cost the leadership.
        using var leaseApi = new KubernetesClient(cluster);
        var elector = new LeaseElector(leaseApi, leaseApi, new() { Namespace = ns, Name = lease }, loggers.CreateLogger("AgentWarden.Leader"));
        var label = Settings.Read(Settings.Pod) is { Length: > 0 } pod ? new LeaderLabel(leaseApi, leaseApi, ns, pod, lease, loggers.CreateLogger("AgentWarden.Leader")) : null;
        return await HostRunner.RunAsync(server, process.Readiness, lifetime, ShutdownOptions.FromSettings(Settings.Read), loggers,
            process.Watches.RunAsync,
            token => elector.RunAsync(leading => Task.WhenAll(process.WorkAsync(leading), label?.RunAsync(leading) ?? Task.CompletedTask), token),
            IdleTrim.RunAsync);
    }

    private static CertificateFiles? Certificate(Options options, ILoggerFactory loggers) => options switch
    {
        { Certificate: { } certificate, Key: { } key } => new(certificate, key, loggers),
        { Certificate: null, Key: null, ClientAuthority: null } => null,
        _ => throw new HostingException("--scaler-certificate and --scaler-key belong together, and --scaler-client-ca needs both: without TLS no client can show a certificate."),
    };
}
