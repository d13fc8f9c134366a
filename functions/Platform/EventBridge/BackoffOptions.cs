namespace AgentWarden.Platform.EventBridge;

/// <summary>How long to wait after the n-th failure in a row: doubling, with jitter, capped.</summary>
internal sealed record BackoffOptions
{
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(10);
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(2);

    public TimeSpan Delay(int failures)
    {
        var doubled = First.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 30));
        // Up to a quarter off, so that what failed together does not come back together.
        return TimeSpan.FromMilliseconds(Math.Min(doubled, Longest.TotalMilliseconds) * (1 - (Random.Shared.NextDouble() / 4)));
    }
}
