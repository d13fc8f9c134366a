using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// Fires timer functions where no Functions host does it. Each has its own loop, so none overlaps with itself and a slow one delays no other.
/// Run it on one replica only: it knows nothing of the others.
/// </summary>
internal sealed class TimerRunner
{
    // The longest sleep: after a jump of the clock, or a suspended machine, the schedule is looked at again within this time.
    private static readonly TimeSpan Nap = TimeSpan.FromSeconds(20);

    private readonly IReadOnlyList<(BoundTimer Timer, TimerSchedule Schedule)> _timers;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    public TimerRunner(IEnumerable<BoundTimer> timers, Func<string, string?> settings, ILoggerFactory loggers, TimeProvider clock)
    {
        _timers = [.. timers.Select(t => (t, TimerSchedule.Parse(t.Name, t.Trigger.Schedule, settings)))];
        _clock = clock;
        _logger = loggers.CreateLogger("AgentWarden.Timers");
    }

    /// <summary>Fires until cancelled (leadership lost, shutdown); a tick that runs then is cancelled too.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(_timers.Select(t => LoopAsync(t.Timer, t.Schedule, cancellation)));

    private async Task LoopAsync(BoundTimer timer, TimerSchedule schedule, CancellationToken cancellation)
    {
        // Give the caller its task back before the first tick.
        await Task.Yield();
        try
        {
            if (timer.Trigger.RunOnStartup)
            {
                await TickAsync(timer, cancellation);
            }

            while (await WaitAsync(timer.Name, schedule, cancellation))
            {
                await TickAsync(timer, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The ordinary end.
        }
    }

    /// <summary>Waits for the next time. Ticks that were missed meanwhile (a long tick, a sleeping machine) become one, because the next time is always reckoned from now.</summary>
    private async Task<bool> WaitAsync(string function, TimerSchedule schedule, CancellationToken cancellation)
    {
        var start = _clock.GetUtcNow();
        var next = schedule.Next(start, _clock.LocalTimeZone);
        while (next is { } due)
        {
            var now = _clock.GetUtcNow();
            if (now >= due)
            {
                return true;
            }

            if (now < start)
            {
                // The clock was set back: the old time may be hours away.
                start = now;
                next = schedule.Next(now, _clock.LocalTimeZone);
                continue;
            }

            var sleep = due - now;
            await Task.Delay(sleep < Nap ? sleep : Nap, _clock, cancellation);
        }

        _logger.LogWarning("{Function} has no next time in its schedule; it does not fire again.", function);
        return false;
    }

    private async Task TickAsync(BoundTimer timer, CancellationToken cancellation)
    {
        try
        {
            await timer.Fire(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Logged by Invocations. As in the Functions host, the next tick comes as normal.
            _logger.LogDebug("The tick of {Function} failed.", timer.Name);
        }
    }
}

/// <summary>A timer and what it sets off.</summary>
/// <param name="Name">The function's, as its attribute says.</param>
/// <param name="Trigger">When.</param>
/// <param name="Fire">What happens then.</param>
internal sealed record BoundTimer(string Name, TimerTrigger Trigger, Func<CancellationToken, Task> Fire);
