namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// Before one function's deliveries: closed for a while when the sink says that nobody is there, so that fifty thousand objects do not knock one by one.
/// What waits is delivered as soon as it opens; no object's own backoff has grown meanwhile.
/// </summary>
internal sealed class SinkGate(TimeProvider clock)
{
    /// <summary>Between these, a quarter of the time that it has been away: a function that needs two seconds to start from zero is found half a second later at most.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(2);

    /// <summary>A start from zero takes seconds, if the node has the image.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    /// <summary>However long the sink asks to be left alone, somebody looks whether it is back.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly long _started = clock.GetTimestamp();
    private TimeSpan _until, _awaySince;
    private int _generation;
    private bool _isAway, _isLong;

    /// <summary>True while the last that was heard of the sink is that it is away.</summary>
    public bool IsAway => Volatile.Read(ref _isAway);

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
    /// <returns>Null when another has closed it.</returns>
    public GateClosing? Close(int passed, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            if (passed != _generation)
            {
                return null;
            }

            var (wasOpen, wasLong, now) = (!_isAway, _isLong, Now);
            _generation++;
            _awaySince = wasOpen ? now : _awaySince;
            _isAway = true;
            _isLong = now - _awaySince >= Long;
            var wait = (now - _awaySince) / 4;
            wait = wait > Shortest ? wait : Shortest;
            wait = wait < Longest ? wait : Longest;
            wait = retryAfter > wait ? retryAfter.Value : wait;
            wait = wait < LongestAsked ? wait : LongestAsked;
            _until = now + wait;
            return new(wait, wasOpen, _isLong && !wasLong);
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
            var news = _isAway;
            (_isAway, _isLong, _until) = (false, false, TimeSpan.Zero);
            return news;
        }
    }
}

/// <summary>A gate has closed.</summary>
/// <param name="For">How long.</param>
/// <param name="WasOpen">It was open before: that is news.</param>
/// <param name="BecameLong">Nobody has been there for so long by now that it is no start any more; true once.</param>
internal readonly record struct GateClosing(TimeSpan For, bool WasOpen, bool BecameLong);
