using System.Runtime.InteropServices;
using System.Threading.Channels;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.EventBridge;

/// <summary>
/// The work of one function: one entry per object. While an entry is in flight, changes to it are coalesced into one
/// further look; failures come back after a growing delay; a look may be asked for at a wall-clock time.
/// </summary>
/// <remarks>
/// All state is in memory: after a crash the bridge lists the cluster and every object is looked at again.
/// Delays run on the steady clock, so that setting the clock back does not stretch a backoff of milliseconds to hours;
/// only a look that was asked for at a time of day follows the wall clock.
/// </remarks>
internal sealed class FunctionQueue(TimeProvider clock, BackoffOptions backoff)
{
    /// <summary>A due time is checked against the wall clock at least this often, so that a clock that jumps costs no more than this.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<QueueKey, Entry> _entries = [];
    private readonly SortedSet<Entry> _delayed = new(Entry.SoonestFirst), _appointed = new(Entry.SoonestFirst);
    private readonly Channel<Entry> _ready = Channel.CreateUnbounded<Entry>();
    private readonly SemaphoreSlim _sooner = new(0);
    private readonly long _started = clock.GetTimestamp();
    private long _numbers;

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

    /// <summary>The steady clock: time since the queue was made.</summary>
    private TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>Something changed: look at it now, or, when it was looked at less than <paramref name="atMostEvery"/> ago, when that time has passed.</summary>
    public void Add(ObjectEvent change, TimeSpan atMostEvery)
    {
        lock (_lock)
        {
            var now = Elapsed;
            var entry = EntryOf(QueueKey.Of(change.Object));
            entry.Change = change;
            if (entry.State == EntryState.InFlight)
            {
                entry.AtMostEvery = entry.ChangedInFlight is not null && entry.AtMostEvery < atMostEvery ? entry.AtMostEvery : atMostEvery;
                entry.ChangedInFlight ??= now;
                return;
            }

            entry.Since ??= now;
            if (entry.State != EntryState.Ready)
            {
                // A change overrides a backoff: the user may just have fixed what failed.
                entry.AtMostEvery = atMostEvery;
                MakeReadyAfter(entry, entry.LastLook is { } last ? last + atMostEvery : now, now);
            }
        }
    }

    /// <summary>Waits for the next object to look at. It stays in flight until <see cref="Succeeded"/> or <see cref="Failed"/>.</summary>
    public async ValueTask<ObjectEvent> TakeAsync(CancellationToken cancellation)
    {
        var entry = await _ready.Reader.ReadAsync(cancellation);
        lock (_lock)
        {
            (entry.State, entry.ChangedInFlight) = (EntryState.InFlight, null);
            return entry.Change;
        }
    }

    /// <summary>The look is done. Looks again if the object changed meanwhile, or at <paramref name="lookAgainAt"/>.</summary>
    public void Succeeded(ObjectReference about, DateTimeOffset? lookAgainAt)
    {
        lock (_lock)
        {
            var entry = _entries[QueueKey.Of(about)];
            var now = Elapsed;
            (entry.Failures, entry.LastLook, entry.Since) = (0, now, entry.ChangedInFlight);
            if (entry.ChangedInFlight is not null)
            {
                MakeReadyAfter(entry, now + entry.AtMostEvery, now);
            }
            else if (lookAgainAt is { } at)
            {
                Wait(entry, EntryState.Delayed, _appointed, at.UtcTicks);
            }
            else if (entry.AtMostEvery > TimeSpan.Zero)
            {
                Wait(entry, EntryState.Remembered, _delayed, (now + entry.AtMostEvery).Ticks);
            }
            else
            {
                _entries.Remove(entry.Key);
            }
        }
    }

    /// <summary>The look failed: again after a backoff that doubles with each failure, or at least after <paramref name="retryAfter"/>.</summary>
    /// <returns>The delay, for the log.</returns>
    public TimeSpan Failed(ObjectReference about, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            var entry = _entries[QueueKey.Of(about)];
            var now = Elapsed;
            // What changed meanwhile may have been the fix: it gets the first delay, not the last.
            entry.Failures = entry.ChangedInFlight is null ? entry.Failures + 1 : 1;
            var delay = backoff.Delay(entry.Failures);
            delay = retryAfter > delay ? retryAfter.Value : delay;
            MakeReadyAfter(entry, now + delay, now);
            return delay;
        }
    }

    /// <summary>Moves entries into the ready queue as they become due, until cancelled.</summary>
    public async Task ReleaseDueAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var sleep = ReleaseDue() + TimeSpan.FromMilliseconds(1);
            await _sooner.WaitAsync(sleep < LongestSleep ? sleep.Value : LongestSleep, cancellation);
        }
    }

    /// <summary>Moves what is due now and says how long it is until the next is due; null when nothing waits. Reads the wall clock each time, so that a clock that jumps is noticed.</summary>
    public TimeSpan? ReleaseDue()
    {
        lock (_lock)
        {
            var elapsed = Elapsed;
            var untilDelayed = Release(_delayed, elapsed.Ticks, elapsed);
            var untilAppointed = Release(_appointed, clock.GetUtcNow().UtcTicks, elapsed);
            return untilDelayed is null || untilAppointed < untilDelayed ? untilAppointed : untilDelayed;
        }
    }

    public QueueFigures Figures()
    {
        lock (_lock)
        {
            var now = Elapsed;
            int ready = 0, inFlight = 0, delayed = 0, failing = 0;
            var oldest = TimeSpan.Zero;
            foreach (var entry in _entries.Values)
            {
                ready += entry.State == EntryState.Ready ? 1 : 0;
                inFlight += entry.State == EntryState.InFlight ? 1 : 0;
                delayed += entry.State == EntryState.Delayed ? 1 : 0;
                failing += entry.Failures > 0 ? 1 : 0;
                oldest = entry.Since is { } since && now - since > oldest ? now - since : oldest;
            }

            return new(ready, inFlight, delayed, failing, oldest);
        }
    }

    private Entry EntryOf(QueueKey key)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry = new(key, _numbers++);
        }

        return entry;
    }

    private TimeSpan? Release(SortedSet<Entry> waiting, long now, TimeSpan elapsed)
    {
        while (waiting.Min is { } entry)
        {
            if (entry.Due > now)
            {
                return TimeSpan.FromTicks(entry.Due - now);
            }

            if (entry.State == EntryState.Remembered)
            {
                waiting.Remove(entry);
                _entries.Remove(entry.Key);
            }
            else
            {
                entry.Since ??= elapsed;
                MakeReadyAfter(entry, elapsed, elapsed);
            }
        }

        return null;
    }

    private void MakeReadyAfter(Entry entry, TimeSpan at, TimeSpan now)
    {
        if (at > now)
        {
            Wait(entry, EntryState.Delayed, _delayed, at.Ticks);
            return;
        }

        entry.Waiting?.Remove(entry);
        (entry.Waiting, entry.State) = (null, EntryState.Ready);
        _ready.Writer.TryWrite(entry);
    }

    private void Wait(Entry entry, EntryState state, SortedSet<Entry> waiting, long due)
    {
        // Out before its time is changed: that is what it is sorted by.
        entry.Waiting?.Remove(entry);
        (entry.State, entry.Waiting, entry.Due) = (state, waiting, due);
        waiting.Add(entry);
        if (waiting.Min == entry)
        {
            _sooner.Release();
        }
    }

    private enum EntryState
    {
        Idle,
        Ready,
        InFlight,
        Delayed,

        /// <summary>Looked at, and kept only for as long as another look would come too soon.</summary>
        Remembered,
    }

    private sealed class Entry(QueueKey key, long number)
    {
        public static readonly Comparer<Entry> SoonestFirst = Comparer<Entry>.Create(static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number));

        public QueueKey Key => key;
        public long Number => number;
        public ObjectEvent Change = null!;
        public EntryState State;
        public int Failures;
        public TimeSpan AtMostEvery;

        /// <summary>The first change since the look in flight began; null when there was none.</summary>
        public TimeSpan? ChangedInFlight;
        public TimeSpan? LastLook;

        /// <summary>The oldest change, or due time, that no finished look has seen.</summary>
        public TimeSpan? Since;

        /// <summary>Where it waits, and until when: ticks of the steady clock, or of the wall clock.</summary>
        public SortedSet<Entry>? Waiting;
        public long Due;
    }
}

/// <summary>The identity of queued work: kind, namespace and name. The UID is left out, because what is looked at is what has that name now.</summary>
internal readonly record struct QueueKey(ResourceKind Kind, ObjectKey Object)
{
    public static QueueKey Of(ObjectReference reference) => new(reference.Kind, reference.Key);
}

/// <summary>Figures of one function's queue.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct QueueFigures(int Ready, int InFlight, int Delayed, int Failing, TimeSpan Oldest);
