using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// Where events come from another process, that one's watches may be ahead of ours: a function then decides on a copy that does not hold what led to the event, or to an earlier one.
/// A change that our watches bring only after an event of a later version was looked at is therefore looked at again here.
/// </summary>
/// <remarks>
/// Versions of all kinds come from one counter (etcd's revision), so they can be compared. Usually our watches are ahead of the events, and nothing is late.
/// Servers that keep some kinds in an etcd of their own make more changes look late than are; that costs looks and does no harm.
/// </remarks>
internal sealed class LateChanges(IChangeListener bridge) : IChangeListener
{
    private long _lookedAt;

    /// <summary>An event of this version is about to be looked at.</summary>
    public void LooksAt(ObjectReference about)
    {
        // A timer's version is a time, far above any revision: with it everything would be late for ever.
        if (!TimerTick.Is(about) && long.TryParse(about.ResourceVersion, out var version))
        {
            for (var known = Volatile.Read(ref _lookedAt); version > known; known = Volatile.Read(ref _lookedAt))
            {
                Interlocked.CompareExchange(ref _lookedAt, version, known);
            }
        }
    }

    public void OnChange(ResourceKind kind, ObjectChange change, ObjectMeta? before, ObjectMeta now)
    {
        if (long.TryParse(now.ResourceVersion, out var version) && version <= Volatile.Read(ref _lookedAt))
        {
            bridge.OnChange(kind, change, before, now);
        }
    }
}
