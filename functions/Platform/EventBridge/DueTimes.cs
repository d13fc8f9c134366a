namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// What a queue has put off, soonest first: by the steady clock (backoffs, pauses, waits for a report), so that setting the clock back does not stretch
/// milliseconds to hours; and by the wall clock (looks that were asked for at a time of day).
/// Used under the queue's lock, but for <see cref="SleepAsync"/>.
/// </summary>
internal sealed class DueTimes(TimeProvider clock)
{
    /// <summary>A due time is checked against the wall clock at least this often, so that a clock that jumps costs no more than this.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);

    private readonly SortedSet<QueueEntry> _steady = new(QueueEntry.SoonestFirst), _appointed = new(QueueEntry.SoonestFirst);
    private readonly SemaphoreSlim _sooner = new(0);
    private readonly long _started = clock.GetTimestamp();

    /// <summary>The steady clock: time since the start.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>Until a time of the steady clock.</summary>
    public void Add(QueueEntry entry, TimeSpan at) => Add(entry, _steady, at.Ticks);

    /// <summary>Until a time of day.</summary>
    public void Add(QueueEntry entry, DateTimeOffset at) => Add(entry, _appointed, at.UtcTicks);

    /// <summary>True when it waits for a time of day that is later than this.</summary>
    public bool IsAppointedAfter(QueueEntry entry, DateTimeOffset at) => ReferenceEquals(entry.Waiting, _appointed) && entry.Due > at.UtcTicks;

    public static void Remove(QueueEntry entry)
    {
        entry.Waiting?.Remove(entry);
        entry.Waiting = null;
    }

    /// <summary>Takes out what is due now. Answers how long it is until the next is due; null when nothing waits. Reads the wall clock each time, so that one that jumps is noticed.</summary>
    public TimeSpan? Release(Action<QueueEntry> due)
    {
        var untilSteady = Release(_steady, Elapsed.Ticks, due);
        var untilAppointed = Release(_appointed, clock.GetUtcNow().UtcTicks, due);
        return untilSteady is null || untilAppointed < untilSteady ? untilAppointed : untilSteady;
    }

    /// <summary>Sleeps until then, or until something is due sooner.</summary>
    public Task SleepAsync(TimeSpan? untilNext, CancellationToken cancellation)
    {
        var sleep = untilNext + TimeSpan.FromMilliseconds(1);
        return _sooner.WaitAsync(sleep < LongestSleep ? sleep.Value : LongestSleep, cancellation);
    }

    public void Clear()
    {
        _steady.Clear();
        _appointed.Clear();
    }

    private static TimeSpan? Release(SortedSet<QueueEntry> waiting, long now, Action<QueueEntry> due)
    {
        while (waiting.Min is { } entry)
        {
            if (entry.Due > now)
            {
                return TimeSpan.FromTicks(entry.Due - now);
            }

            Remove(entry);
            due(entry);
        }

        return null;
    }

    private void Add(QueueEntry entry, SortedSet<QueueEntry> waiting, long due)
    {
        // Out before its time is changed: that is what it is sorted by.
        Remove(entry);
        (entry.Waiting, entry.Due) = (waiting, due);
        waiting.Add(entry);
        if (waiting.Min == entry)
        {
            _sooner.Release();
        }
    }
}
