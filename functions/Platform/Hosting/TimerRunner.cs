using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
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

    private readonly IReadOnlyList<(ITimerFunction Function, TimerSchedule Schedule, bool RunOnStartup)> _timers;
    private readonly Invocations _invocations;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    public TimerRunner(IEnumerable<BoundFunction> functions, Func<string, string?> settings, Invocations invocations, ILoggerFactory loggers, TimeProvider clock)
    {
        _timers = [.. functions
            .Where(b => b is { Function: ITimerFunction, Trigger: TimerTrigger })
            .Select(b => ((ITimerFunction)b.Function, TimerSchedule.Parse(b.Name, ((TimerTrigger)b.Trigger).Schedule, settings), ((TimerTrigger)b.Trigger).RunOnStartup))];
        _invocations = invocations;
        _clock = clock;
        _logger = loggers.CreateLogger("AgentWarden.Timers");
    }

    /// <summary>Fires until cancelled (leadership lost, shutdown); a tick that runs then is cancelled too.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(_timers.Select(t => LoopAsync(t.Function, t.Schedule, t.RunOnStartup, cancellation)));

    private async Task LoopAsync(ITimerFunction function, TimerSchedule schedule, bool runOnStartup, CancellationToken cancellation)
    {
        // Give the caller its task back before the first tick.
        await Task.Yield();
        try
        {
            if (runOnStartup)
            {
                await TickAsync(function, cancellation);
            }

            while (await WaitAsync(function, schedule, cancellation))
            {
                await TickAsync(function, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The ordinary end.
        }
    }

    /// <summary>Waits for the next time. Ticks that were missed meanwhile (a long tick, a sleeping machine) become one, because the next time is always reckoned from now.</summary>
    private async Task<bool> WaitAsync(ITimerFunction function, TimerSchedule schedule, CancellationToken cancellation)
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

        _logger.LogWarning("{Function} has no next time in its schedule; it does not fire again.", function.Name);
        return false;
    }

    private async Task TickAsync(ITimerFunction function, CancellationToken cancellation)
    {
        try
        {
            await TickOnceAsync(function, _invocations, _clock, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Logged by Invocations. As in the Functions host, the next tick comes as normal.
            _logger.LogDebug("The tick of {Function} failed.", function.Name);
        }
    }

    /// <summary>One tick, for whoever counts the time.</summary>
    public static Task<bool> TickOnceAsync(ITimerFunction function, Invocations invocations, TimeProvider clock, CancellationToken cancellation) =>
        invocations.RunAsync(function.Name, "timer", (function, clock), static async (s, token) =>
        {
            await s.function.TickAsync(s.clock.GetUtcNow(), token);
            return true;
        }, cancellation);
}
