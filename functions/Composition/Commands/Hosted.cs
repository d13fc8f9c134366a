using AgentWarden.Kernel.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Composition.Commands;

/// <summary>What every command that runs in a pod or under a host begins and ends with.</summary>
internal static class Hosted
{
    /// <summary>Runs it with loggers by the settings. A mistake in what it was given is one line in the log, and an exit code.</summary>
    public static async Task<int> RunAsync(Func<ILoggerFactory, Task<int>> run)
    {
        using var loggers = StdoutLoggerFactory.FromSettings(Settings.Read);
        try
        {
            return await run(loggers);
        }
        catch (HostingException problem)
        {
            loggers.CreateLogger("AgentWarden.Hosting").LogCritical("{Problem}", problem.Message);
            return ExitCodes.CannotStart;
        }
    }
}
