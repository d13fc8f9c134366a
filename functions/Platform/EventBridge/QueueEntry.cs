using AgentWarden.Kernel.Contracts;
using System.Runtime.InteropServices;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>The identity of queued work: kind, namespace and name. The UID is left out, because what is looked at is what has that name now.</summary>
internal readonly record struct QueueKey(ResourceKind Kind, ObjectKey Object)
{
    public static QueueKey Of(ObjectReference reference) => new(reference.Kind, reference.Key);
}

/// <summary>Where an entry is. What a state means for scaling is said by <see cref="QueueFigures"/>.</summary>
internal enum EntryState
{
    Idle,

    /// <summary>To be looked at now.</summary>
    Ready,

    /// <summary>Taken by a worker, which will say what became of it.</summary>
    InFlight,

    /// <summary>With a broker: the function's report ends it, or the time until which that is waited for.</summary>
    HandedOver,

    /// <summary>To be looked at later: a backoff, or a time that was asked for.</summary>
    Delayed,

    /// <summary>Looked at, and kept only for as long as another look would come too soon.</summary>
    Remembered,
}

/// <summary>One object in one function's queue. Only the queue touches it, under its lock.</summary>
internal sealed class QueueEntry(QueueKey key, long number)
{
    public static readonly Comparer<QueueEntry> SoonestFirst = Comparer<QueueEntry>.Create(static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number));

    public QueueKey Key => key;
    public long Number => number;
    public ObjectEvent Change = null!;
    public EntryState State;

    /// <summary>Ready, and only because everything is looked at after a start: what changes meanwhile goes first.</summary>
    public bool IsFirstLook;
    public int Failures;
    public TimeSpan AtMostEvery;

    /// <summary>The first change since the look in flight began; null when there was none.</summary>
    public TimeSpan? ChangedInFlight;
    public TimeSpan? LastLook;

    /// <summary>The oldest change, or due time, that no finished look has seen.</summary>
    public TimeSpan? Since;

    /// <summary>The report came before the sink had said that the broker has it.</summary>
    public EarlyReport? Reported;

    /// <summary>Where it waits, and until when: ticks of the steady clock, or of the wall clock.</summary>
    public SortedSet<QueueEntry>? Waiting;
    public long Due;

    /// <summary>With a worker or a broker: changes are for the next look.</summary>
    public bool IsBusy => State is EntryState.InFlight or EntryState.HandedOver;
}

/// <summary>A finished look's next time, or null in it.</summary>
internal sealed record EarlyReport(DateTimeOffset? LookAgainAt);

/// <summary>Figures of one function's queue.</summary>
/// <param name="Ready">To be looked at now.</param>
/// <param name="InFlight">With the function.</param>
/// <param name="HandedOver">With a broker; the function has not reported yet.</param>
/// <param name="Delayed">To be looked at later.</param>
/// <param name="Failing">Whose last look failed.</param>
/// <param name="Oldest">Age of the oldest change that no finished look has seen.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct QueueFigures(int Ready, int InFlight, int HandedOver, int Delayed, int Failing, TimeSpan Oldest);
