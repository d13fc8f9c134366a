namespace AgentWarden.Kernel.Status;

/// <summary>Sets conditions the way the API conventions ask: the transition time moves only when the status flips.</summary>
internal static class Conditions
{
    public const string True = "True", False = "False", Unknown = "Unknown";

    /// <summary>The desired conditions with the transition times of <paramref name="current"/> kept where the status did not flip.</summary>
    public static IReadOnlyList<Condition> Merge(IReadOnlyList<Condition>? current, IEnumerable<Condition> desired, DateTimeOffset now)
    {
        var at = Truncate(now);
        return [.. desired.Select(d => Find(current, d.Type) is { } old && string.Equals(old.Status, d.Status, StringComparison.Ordinal)
            ? d with { LastTransitionTime = old.LastTransitionTime }
            : d with { LastTransitionTime = at })];
    }

    public static Condition? Find(IReadOnlyList<Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(c => string.Equals(c.Type, type, StringComparison.Ordinal));

    public static bool IsTrue(IReadOnlyList<Condition>? conditions, string type) => Find(conditions, type)?.Status == True;

    /// <summary>Kubernetes times have whole seconds; comparing finer ones would write on every look.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
