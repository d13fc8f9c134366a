using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>Behind an Azure Functions host: it fires the timers and forwards HTTP; the event bridge runs in here, on the replica that holds the Lease, unless another process sends events.</summary>
internal static class HandlerCommand
{
    public static Task<int> RunAsync(int port) => Hosted.RunAsync(loggers => RunAsync(port, loggers));

    private static async Task<int> RunAsync(int port, ILoggerFactory loggers)
    {
        var cluster = Settings.Cluster(kubeconfig: null, context: null);
        // The host forwards the Authorization header, so callers are checked here as in every other host.
        var withBridge = Switch.IsOn(Settings.Read, Settings.Bridge);
        using var process = new WardenProcess(cluster, withBridge ? HostedParts.All : HostedParts.All & ~HostedParts.Bridge, Settings.Read, loggers, TimeProvider.System);
        var handler = new CustomHandlerHost(process.Manifest, process.Bound, process.Invocations, TimeProvider.System, loggers);
        await using var server = new WebServer([handler.Listener(port)], process.Readiness, process.Metrics, loggers);
        using var lifetime = new HostLifetime(loggers).ListenForSignals();
        using var leaseApi = new KubernetesClient(cluster);
        var ns = OwnNamespace.Of(cluster, Settings.Read);
        return await HostRunner.RunAsync(server, process.Readiness, lifetime, ShutdownOptions.FromSettings(Settings.Read), loggers,
            process.Functions.Caches.RunAsync, withBridge ? token => process.LeadAsync(leaseApi, ns, process.BridgeAsync, token) : process.FollowAsync, IdleTrim.RunAsync);
    }
}
