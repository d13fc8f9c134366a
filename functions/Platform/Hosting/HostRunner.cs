using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>How long a shutdown may take.</summary>
internal sealed record ShutdownOptions
{
    private const string GraceSetting = "AGENTWARDEN_SHUTDOWN_GRACE";

    /// <summary>Still serving while endpoints are withdrawn: 5 s in a cluster, 0 on a developer's machine.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>Then at most this for requests in flight, and after them at most this for the background: looks under way, the Lease.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>All of it. A pod that has less is killed with the Lease in its hands, and the next one waits until that has run out.</summary>
    public TimeSpan Longest => Grace + Deadline + Deadline;

    /// <summary>By <c>AGENTWARDEN_SHUTDOWN_GRACE</c> (a TimeSpan), else by whether this is a pod.</summary>
    /// <exception cref="HostingException">The setting is no such time.</exception>
    public static ShutdownOptions FromSettings(Func<string, string?> settings) => new()
    {
        Grace = settings(GraceSetting) is { Length: > 0 } text
            ? TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var grace) && grace >= TimeSpan.Zero ? grace
                : throw new HostingException($"{GraceSetting} is not a time, for example 00:00:05 for five seconds.")
            : settings("KUBERNETES_SERVICE_HOST") is { Length: > 0 } ? TimeSpan.FromSeconds(5)
            : TimeSpan.Zero,
    };
}

/// <summary>Runs a server and what goes on beside it, from start to the last answered request.</summary>
internal static class HostRunner
{
    /// <summary>
    /// Returns the exit code. On a signal: readiness fails, everything goes on for the grace, then the server drains, then the background ends
    /// (last, because requests in flight still need the caches that it fills).
    /// </summary>
    /// <param name="server">Not yet started.</param>
    /// <param name="readiness">Fails first.</param>
    /// <param name="lifetime">Says when.</param>
    /// <param name="shutdown">How long.</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="background">Caches, timers, the bridge. One that ends by itself ends the process: half a process helps nobody.</param>
    public static async Task<int> RunAsync(WebServer server, Readiness readiness, HostLifetime lifetime, ShutdownOptions shutdown, ILoggerFactory loggers, params IReadOnlyList<Func<CancellationToken, Task>> background)
    {
        var logger = loggers.CreateLogger("AgentWarden.Hosting");
        using var stop = new CancellationTokenSource();
        try
        {
            await server.StartAsync(lifetime.Stopping);
        }
        catch (HostingException e)
        {
            logger.LogCritical("{Problem}", e.Message);
            return ExitCodes.CannotStart;
        }
        catch (OperationCanceledException) when (lifetime.Stopping.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }

        // At once, in the signal itself: the first probe after it must already fail.
        await using var draining = lifetime.Stopping.Register(readiness.Drain);
        var running = background.Select(b => Task.Run(() => b(stop.Token), CancellationToken.None)).ToList();
        var signal = Task.Delay(Timeout.Infinite, lifetime.Stopping);
        var first = await Task.WhenAny([signal, .. running]);
        if (first != signal)
        {
            logger.LogCritical(first.Exception?.InnerException, "A part of the process ended by itself; the process ends so that it is started anew.");
        }

        readiness.Drain();
        if (first == signal)
        {
            await Task.Delay(shutdown.Grace, CancellationToken.None);
        }

        using var deadline = new CancellationTokenSource(shutdown.Deadline);
        await server.StopAsync(deadline.Token);
        await stop.CancelAsync();
        var ended = Task.WhenAll(running).WaitAsync(shutdown.Deadline, CancellationToken.None);
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return first == signal ? ExitCodes.Ok : ExitCodes.Failed;
    }
}
