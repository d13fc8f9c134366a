using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// What was seen deleted in the last minute. When a bridge takes over, everything that exists is looked at anyway;
/// of what is gone only this memory knows, if the one before it, which may be the same, ended before it could tell.
/// </summary>
internal sealed class RecentDeletions(TimeProvider clock)
{
    /// <summary>Longer than a Lease lasts after its holder's death.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<(long At, ResourceKind Kind, ObjectMeta Last)> _deleted = new();

    public void Add(ResourceKind kind, ObjectMeta last)
    {
        lock (_lock)
        {
            Forget();
            _deleted.Enqueue((clock.GetTimestamp(), kind, last));
        }
    }

    /// <summary>Hands them over, oldest first, and forgets them.</summary>
    public IReadOnlyList<(ResourceKind Kind, ObjectMeta Last)> TakeAll()
    {
        lock (_lock)
        {
            Forget();
            (ResourceKind, ObjectMeta)[] all = [.. _deleted.Select(d => (d.Kind, d.Last))];
            _deleted.Clear();
            return all;
        }
    }

    private void Forget()
    {
        while (_deleted.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.At) > Kept)
        {
            _deleted.Dequeue();
        }
    }
}
