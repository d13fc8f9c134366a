using AgentWarden.Kernel.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Composition.Commands;

/// <summary>Behind an Azure Functions host: it fires the timers and forwards HTTP; the event bridge runs in here unless another process sends events.</summary>
internal static class HandlerCommand
{
    public static async Task<int> RunAsync(int port)
    {
        using var loggers = StdoutLoggerFactory.FromSettings(Settings.Read);
        try
        {
            var cluster = Settings.Cluster(kubeconfig: null, context: null);
            // The Functions host checks who may call (authLevel); its loopback port is ours alone.
            using var process = new WardenProcess(cluster, Settings.Read, loggers, TimeProvider.System, authenticateEvents: null);
            var handler = new CustomHandlerHost(process.Manifest, process.Bound, process.Invocations, TimeProvider.System, loggers);
            await using var server = new WebServer([handler.Listener(port)], process.Readiness, process.Metrics, loggers);
            using var lifetime = new HostLifetime(loggers).ListenForSignals();
            var withBridge = !string.Equals(Settings.Read(Settings.Bridge), "false", StringComparison.OrdinalIgnoreCase);
            return await HostRunner.RunAsync(server, process.Readiness, lifetime, ShutdownOptions.FromSettings(Settings.Read), loggers,
                withBridge ? [process.Functions.Caches.RunAsync, process.Functions.Bridge.RunAsync, IdleTrim.RunAsync] : [process.Functions.Caches.RunAsync, IdleTrim.RunAsync]);
        }
        catch (HostingException problem)
        {
            loggers.CreateLogger("AgentWarden.Hosting").LogCritical("{Problem}", problem.Message);
            return ExitCodes.CannotStart;
        }
    }
}
