using System.Runtime.InteropServices;
using System.Threading.Channels;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.EventBridge;

/// <summary>
/// The work of one function: one entry per object. While an entry is in flight, changes to it are coalesced into one
/// further look; failures come back after a growing delay; a look may be asked for at a wall-clock time.
/// </summary>
/// <remarks>All state is in memory: after a crash the bridge lists the cluster and every object is looked at again.</remarks>
internal sealed class FunctionQueue(TimeProvider clock, BackoffOptions backoff)
{
    /// <summary>A due time is checked against the wall clock at least this often, so that a clock that jumps costs no more than this.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<QueueKey, Entry> _entries = [];
    private readonly PriorityQueue<QueueKey, DateTimeOffset> _delayed = new();
    private readonly Channel<QueueKey> _ready = Channel.CreateUnbounded<QueueKey>();
    private readonly SemaphoreSlim _sooner = new(0);

    /// <summary>Keep idle entries, because a subscription asks for a least time between looks. Only for objects that are few.</summary>
    public bool RemembersLooks { get; init; }

    /// <summary>Something changed: look at it now, or, when it was looked at less than <paramref name="atMostEvery"/> ago, when that time has passed.</summary>
    public void Add(ObjectEvent change, TimeSpan atMostEvery)
    {
        var key = QueueKey.Of(change.Object);
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var entry = EntryOf(key);
            entry.Change = change;
            entry.Since ??= now;
            if (entry.State == EntryState.InFlight)
            {
                entry.AtMostEvery = entry.ChangedInFlight && entry.AtMostEvery < atMostEvery ? entry.AtMostEvery : atMostEvery;
                entry.ChangedInFlight = true;
            }
            else if (entry.State != EntryState.Ready)
            {
                // A change overrides a backoff: the user may just have fixed what failed.
                MakeReadyAt(key, entry, entry.LastLook is { } last && atMostEvery > TimeSpan.Zero ? last + atMostEvery : now, now);
            }
        }
    }

    /// <summary>Waits for the next object to look at. It stays in flight until <see cref="Succeeded"/> or <see cref="Failed"/>.</summary>
    public async ValueTask<ObjectEvent> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var key = await _ready.Reader.ReadAsync(cancellation);
            lock (_lock)
            {
                if (_entries.TryGetValue(key, out var entry) && entry.State == EntryState.Ready)
                {
                    entry.State = EntryState.InFlight;
                    entry.ChangedInFlight = false;
                    return entry.Change;
                }
            }
        }
    }

    /// <summary>The look is done. Looks again if the object changed meanwhile, or at <paramref name="lookAgainAt"/>.</summary>
    public void Succeeded(ObjectReference about, DateTimeOffset? lookAgainAt)
    {
        var key = QueueKey.Of(about);
        lock (_lock)
        {
            var entry = _entries[key];
            var now = clock.GetUtcNow();
            (entry.Failures, entry.LastLook, entry.State) = (0, now, EntryState.Idle);
            if (entry.ChangedInFlight)
            {
                MakeReadyAt(key, entry, now + entry.AtMostEvery, now);
                return;
            }

            entry.Since = null;
            if (lookAgainAt is { } at)
            {
                MakeReadyAt(key, entry, at, now);
            }
            else if (!RemembersLooks)
            {
                _entries.Remove(key);
            }
        }
    }

    /// <summary>The look failed: again after a backoff that doubles with each failure, or at least after <paramref name="retryAfter"/>.</summary>
    /// <returns>The delay, for the log.</returns>
    public TimeSpan Failed(ObjectReference about, TimeSpan? retryAfter)
    {
        var key = QueueKey.Of(about);
        lock (_lock)
        {
            var entry = _entries[key];
            var now = clock.GetUtcNow();
            var delay = backoff.Delay(++entry.Failures);
            delay = retryAfter > delay ? retryAfter.Value : delay;
            entry.State = EntryState.Idle;
            MakeReadyAt(key, entry, now + delay, now);
            return delay;
        }
    }

    /// <summary>Moves entries into the ready queue as they become due, until cancelled.</summary>
    public async Task ReleaseDueAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var sleep = ReleaseDue() is { } due ? due - clock.GetUtcNow() : LongestSleep;
            await _sooner.WaitAsync(sleep > LongestSleep ? LongestSleep : sleep > TimeSpan.Zero ? sleep + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, cancellation);
        }
    }

    /// <summary>Moves what is due now and says when the next entry is due. Reads the wall clock each time, so that a clock that jumps is noticed.</summary>
    public DateTimeOffset? ReleaseDue()
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            while (_delayed.TryPeek(out var key, out var due))
            {
                if (due > now)
                {
                    return due;
                }

                _delayed.Dequeue();
                // An entry may have been made ready earlier, or put off, since it was queued for this time.
                if (_entries.TryGetValue(key, out var entry) && entry.State == EntryState.Delayed && entry.Due == due)
                {
                    MakeReadyAt(key, entry, now, now);
                }
            }

            return null;
        }
    }

    public QueueFigures Figures()
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
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
            _entries[key] = entry = new();
        }

        return entry;
    }

    private void MakeReadyAt(QueueKey key, Entry entry, DateTimeOffset at, DateTimeOffset now)
    {
        if (at <= now)
        {
            entry.State = EntryState.Ready;
            _ready.Writer.TryWrite(key);
            return;
        }

        var first = !_delayed.TryPeek(out _, out var head) || at < head;
        (entry.State, entry.Due) = (EntryState.Delayed, at);
        _delayed.Enqueue(key, at);
        if (first)
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
    }

    private sealed class Entry
    {
        public ObjectEvent Change = null!;
        public EntryState State;
        public bool ChangedInFlight;
        public int Failures;
        public TimeSpan AtMostEvery;
        public DateTimeOffset? LastLook;
        public DateTimeOffset? Since;
        public DateTimeOffset Due;
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
