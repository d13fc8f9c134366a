using System.Text.Json.Serialization;

namespace AgentWarden.Kernel.Planning;

/// <summary>What happens next: nothing, or another look at a time. A user's mistake is a condition, so it is "done" until something changes; a fault is an exception, and is retried with backoff.</summary>
[JsonDerivedType(typeof(Done), "done"), JsonDerivedType(typeof(LookAgain), "lookAgain")]
internal abstract record Outcome
{
    public sealed record Done : Outcome;

    /// <summary>Look again at a wall-clock time (rotation due, next sync).</summary>
    public sealed record LookAgain(DateTimeOffset At) : Outcome;

    public static Outcome LookAt(DateTimeOffset? time) => time is { } at ? new LookAgain(at) : new Done();
}
