using AgentWarden.Platform.Composition.Installing;
using AgentWarden.ControlPlane;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>All in one on a developer's machine: a cluster, the installation, every function, the guide's example, and what becomes of it.</summary>
internal static class UpCommand
{
    internal sealed record Options(string? Kubeconfig, string? Context, bool Example, string? Data, bool Once);

    public static async Task<int> RunAsync(Options options)
    {
        // Logs go to a file: the terminal is for what happens in the cluster.
        var logFile = Path.Combine(Path.GetTempPath(), $"agent-warden-up-{Environment.ProcessId}.log");
        var level = Enum.TryParse<LogLevel>(Settings.Read("AGENTWARDEN_LOG_LEVEL"), ignoreCase: true, out var asked) ? asked : LogLevel.Information;
        await using var log = new FileStream(logFile, FileMode.Create, FileAccess.Write, FileShare.Read);
        using var loggers = new StdoutLoggerFactory(level, log, json: false);
        using var lifetime = new HostLifetime(loggers).ListenForSignals();
        var console = Terminal();
        try
        {
            await using var cluster = await UpCluster.FindAsync(options, Say(console), lifetime.Stopping);
            return await new UpSession(cluster, console, loggers, lifetime, logFile).RunAsync(options, Say(console));
        }
        catch (OperationCanceledException) when (lifetime.Stopping.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
        catch (Exception problem) when (problem is HostingException or ControlPlaneException or InstallException or KubeConfigException or KubernetesException)
        {
            console.MarkupLine($"[red]{Markup.Escape(problem.Message)}[/]");
            console.MarkupLine($"[grey]log: {Markup.Escape(logFile)}[/]");
            return ExitCodes.CannotStart;
        }
    }

    /// <summary>Colours on a terminal that wants them (no-color.org); plain lines in a file or a pipe.</summary>
    private static IAnsiConsole Terminal() => Console.IsOutputRedirected || Settings.Read("NO_COLOR") is { Length: > 0 }
        ? AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors })
        : AnsiConsole.Console;

    private static IProgress<string> Say(IAnsiConsole console) => new Progress(line => console.MarkupLine($"[grey]{Markup.Escape(line)}[/]"));

    /// <summary>Reports at once, in order; System.Progress would report on other threads, later.</summary>
    private sealed class Progress(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }
}
