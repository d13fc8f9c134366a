namespace AgentWarden.EventBridge;

/// <summary>
/// Before one function's deliveries: closed for a while when the sink says that nobody is there, so that fifty thousand objects do not knock one by one.
/// What waits is delivered as soon as it opens; no object's own backoff has grown meanwhile.
/// </summary>
internal sealed class SinkGate(TimeProvider clock)
{
    /// <summary>First wait. A function that is scaled from zero needs about a second; the one that only restarts, less.</summary>
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(2);

    /// <summary>However long the sink asks to be left alone, somebody looks whether it is back.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly long _started = clock.GetTimestamp();
    private TimeSpan _until;
    private int _generation, _failures;

    /// <summary>True while the last that was heard of the sink is that it is away.</summary>
    public bool IsAway => Volatile.Read(ref _failures) > 0;

    private TimeSpan Now => clock.GetElapsedTime(_started);

    /// <summary>Waits until it is open. Answers a number for <see cref="Close"/>.</summary>
    public async ValueTask<int> PassAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan left;
            lock (_lock)
            {
                left = _until - Now;
                if (left <= TimeSpan.Zero)
                {
                    return _generation;
                }
            }

            // In naps: somebody who was under way may find it open long before.
            await Task.Delay(left < Longest ? left : Longest, clock, cancellation);
        }
    }

    /// <summary>Nobody was there. Of the many who passed together the first one closes it.</summary>
    /// <returns>How long it is closed, and whether it was open before; null when another has closed it.</returns>
    public (TimeSpan For, bool WasOpen)? Close(int passed, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            if (passed != _generation)
            {
                return null;
            }

            var wasOpen = !IsAway;

            _generation++;
            var wait = First * Math.Pow(2, Math.Min(_failures++, 10));
            wait = wait < Longest ? wait : Longest;
            wait = retryAfter > wait ? retryAfter.Value : wait;
            wait = wait < LongestAsked ? wait : LongestAsked;
            _until = Now + wait;
            return (wait, wasOpen);
        }
    }

    /// <summary>Somebody was there. True when that is news.</summary>
    public bool Open()
    {
        if (!IsAway)
        {
            return false;
        }

        lock (_lock)
        {
            var news = IsAway;
            (_failures, _until) = (0, TimeSpan.Zero);
            return news;
        }
    }
}
