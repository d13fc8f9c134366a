using System.Collections.Concurrent;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// The entries that may be looked at now, first in, first out, in two lanes: what changed, and what is only looked at because the bridge has started.
/// So a change need not wait behind fifty thousand first looks, and these go on beside a stream of changes.
/// </summary>
internal sealed class ReadyLanes : IDisposable
{
    /// <summary>One in so many takes is a first look, whatever else waits.</summary>
    private const uint FirstLookShare = 4;

    private readonly ConcurrentQueue<QueueEntry> _changed = new(), _first = new();
    private readonly SemaphoreSlim _count = new(0);
    private uint _takes;

    public void Put(QueueEntry entry)
    {
        (entry.IsFirstLook ? _first : _changed).Enqueue(entry);
        _count.Release();
    }

    /// <summary>The next entry. It may be there twice, after moving to the other lane: the caller skips what is no longer ready.</summary>
    public async ValueTask<QueueEntry> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _count.WaitAsync(cancellation);
            var (one, other) = Interlocked.Increment(ref _takes) % FirstLookShare == 0 ? (_first, _changed) : (_changed, _first);
            if (one.TryDequeue(out var entry) || other.TryDequeue(out entry))
            {
                return entry;
            }
        }
    }

    /// <summary>How many lie in the lanes, those that will be skipped included.</summary>
    public int Count => _count.CurrentCount;

    /// <summary>Forgets them all. Nobody takes meanwhile.</summary>
    public void Clear()
    {
        while (_count.Wait(TimeSpan.Zero))
        {
            _ = _changed.TryDequeue(out _) || _first.TryDequeue(out _);
        }
    }

    public void Dispose() => _count.Dispose();
}
