namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>A clock that stands still: it advances, as time does, or its wall clock alone is set.</summary>
internal sealed class ManualTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private long _timestamp = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _timestamp;

    public void Advance(TimeSpan time)
    {
        _now += time;
        _timestamp += time.Ticks;
    }

    public void SetWallClock(TimeSpan offset) => _now += offset;
}
