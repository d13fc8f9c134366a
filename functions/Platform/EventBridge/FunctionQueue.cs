using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// The work of one function: one entry per object. While an entry is in flight, changes to it are coalesced into one
/// further look; failures come back after a growing delay; a look may be asked for at a wall-clock time.
/// </summary>
/// <remarks>
/// All state is in memory: after a crash the bridge lists the cluster and every object is looked at again.
/// </remarks>
internal sealed partial class FunctionQueue(TimeProvider clock, BackoffOptions backoff)
{
    /// <summary>A table of this size, some 50 KB, is kept when it is empty.</summary>
    private const int SmallTable = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<QueueKey, QueueEntry> _entries = [];
    private readonly DueTimes _later = new(clock);
    private readonly ReadyLanes _ready = new();
    private readonly QueueCounters _counters = new();
    private long _numbers;

    /// <summary>Called, outside the queue's lock, when there is work after there was none.</summary>
    public Action? OnWork { get; set; }

    /// <summary>How many objects it has an entry for: none that is neither queued, in flight, put off nor just looked at.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>How many objects its table has room for.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
            {
                return _entries.Capacity;
            }
        }
    }

    /// <summary>How many entries lie ready, those that will be skipped included.</summary>
    public int Lying => _ready.Count;

    /// <summary>The counters without taking the lock.</summary>
    public QueueCounters Counters => _counters;

    /// <summary>Something changed: look at it now, or, when it was looked at less than <paramref name="atMostEvery"/> ago, when that time has passed.</summary>
    /// <param name="change">What changed.</param>
    /// <param name="atMostEvery">Zero for at once.</param>
    /// <param name="isFirstLook">Nothing changed: the bridge has started and looks at everything. Changes go first.</param>
    public void Add(ObjectEvent change, TimeSpan atMostEvery, bool isFirstLook = false)
    {
        lock (_lock)
        {
            var now = _later.Elapsed;
            var entry = EntryOf(QueueKey.Of(change.Object));
            // Only what no finished look has seen lends its version: after a restore from a backup versions count anew.
            entry.Change = entry.Since is null ? change : change.NewerOf(entry.Change);
            if (entry.IsBusy)
            {
                entry.AtMostEvery = entry.ChangedInFlight is not null && entry.AtMostEvery < atMostEvery ? entry.AtMostEvery : atMostEvery;
                entry.ChangedInFlight ??= now;
                entry.IsFirstLook &= isFirstLook;
                return;
            }

            entry.Since ??= now;
            if (entry.State != EntryState.Ready)
            {
                // A change overrides a backoff: the user may just have fixed what failed.
                entry.AtMostEvery = atMostEvery;
                entry.IsFirstLook = isFirstLook;
                MakeReadyAfter(entry, entry.LastLook is { } last ? last + atMostEvery : now, now);
            }
            else if (entry.IsFirstLook && !isFirstLook)
            {
                entry.IsFirstLook = false;
                _ready.Put(entry);
            }
        }

        TellOfWork();
    }

    /// <summary>Waits for the next object to look at. It stays in flight until it is said what became of it.</summary>
    public async ValueTask<ObjectEvent> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var entry = await _ready.TakeAsync(cancellation);
            lock (_lock)
            {
                if (entry.State != EntryState.Ready)
                {
                    // It was in both lanes, and has been taken from the other.
                    continue;
                }

                Move(entry, EntryState.InFlight);
                (entry.ChangedInFlight, entry.Reported) = (null, null);
                return entry.Change;
            }
        }
    }

    /// <summary>Forgets everything: another process does the work now.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                // Whoever was just given it skips it.
                entry.State = EntryState.Idle;
            }

            _entries.Clear();
            _ready.Clear();
            _later.Clear();
            _counters.Clear();
        }
    }

    /// <summary>Moves entries into the ready queue as they become due, until cancelled.</summary>
    public async Task ReleaseDueAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await _later.SleepAsync(ReleaseDue(), cancellation);
        }
    }

    /// <summary>Moves what is due now and says how long it is until the next is due; null when nothing waits.</summary>
    public TimeSpan? ReleaseDue()
    {
        TimeSpan? untilNext;
        lock (_lock)
        {
            untilNext = _later.Release(Due);
        }

        TellOfWork();
        return untilNext;
    }

    public QueueFigures Figures()
    {
        lock (_lock)
        {
            var now = _later.Elapsed;
            var oldest = TimeSpan.Zero;
            foreach (var entry in _entries.Values)
            {
                oldest = entry.Since is { } since && now - since > oldest ? now - since : oldest;
            }

            return new(_counters[EntryState.Ready], _counters[EntryState.InFlight], _counters[EntryState.HandedOver], _counters[EntryState.Delayed], _counters.Failing, oldest);
        }
    }

    private QueueEntry EntryOf(QueueKey key)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry = new(key, _numbers++);
            _counters.Entered(EntryState.Idle);
        }

        return entry;
    }

    private void Due(QueueEntry entry)
    {
        if (entry.State == EntryState.Remembered)
        {
            Remove(entry);
            return;
        }

        var now = _later.Elapsed;
        entry.Since ??= now;
        MakeReadyAfter(entry, now, now);
    }

    private void MakeReadyAfter(QueueEntry entry, TimeSpan at, TimeSpan now)
    {
        if (at > now)
        {
            Wait(entry, EntryState.Delayed, at);
            return;
        }

        DueTimes.Remove(entry);
        Move(entry, EntryState.Ready);
        _ready.Put(entry);
    }

    private void Wait(QueueEntry entry, EntryState state, TimeSpan until)
    {
        Move(entry, state);
        entry.IsFirstLook = false;
        _later.Add(entry, until);
    }

    private void WaitUntil(QueueEntry entry, DateTimeOffset at)
    {
        Move(entry, EntryState.Delayed);
        entry.IsFirstLook = false;
        _later.Add(entry, at);
    }

    private void Remove(QueueEntry entry)
    {
        DueTimes.Remove(entry);
        _counters.Left(entry.State);
        entry.State = EntryState.Idle;
        _entries.Remove(entry.Key);
        if (_entries.Capacity > SmallTable && _entries.Count < _entries.Capacity / 8)
        {
            // All objects are in it once, at the start, and hardly any later: that is megabytes for each function.
            _entries.TrimExcess(_entries.Capacity / 4);
        }
    }

    private void Move(QueueEntry entry, EntryState state)
    {
        _counters.Moved(entry.State, state);
        entry.State = state;
    }

    private void SetFailures(QueueEntry entry, int failures)
    {
        _counters.Failing += (failures > 0 ? 1 : 0) - (entry.Failures > 0 ? 1 : 0);
        entry.Failures = failures;
    }

    /// <summary>Outside the lock: who is told may ask for the figures, or hold locks of its own.</summary>
    private void TellOfWork()
    {
        if (_counters.TakeStir())
        {
            OnWork?.Invoke();
        }
    }
}
