using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>What every command that runs in a pod or under a host begins and ends with.</summary>
internal static class Hosted
{
    /// <summary>Runs it with loggers by the settings. A mistake in what it was given is one line in the log, and an exit code.</summary>
    public static async Task<int> RunAsync(Func<ILoggerFactory, Task<int>> run)
    {
        using var loggers = StdoutLoggerFactory.FromSettings(Settings.Read);
        var log = loggers.CreateLogger("AgentWarden.Hosting");
        foreach (var name in SettingNames.Unknown(Environment.GetEnvironmentVariables().Keys.OfType<string>()))
        {
            log.LogWarning("{Name} is no setting of this program, and does nothing. docs/reference/settings.md lists those that are.", name);
        }

        try
        {
            return await run(loggers);
        }
        catch (HostingException problem)
        {
            log.LogCritical("{Problem}", problem.Message);
            return ExitCodes.CannotStart;
        }
    }
}
