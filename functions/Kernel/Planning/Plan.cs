using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Planning;

/// <summary>Everything a decision wants done, as data. Only <c>PlanApplier</c> turns a plan into API calls, in this order: writes, notes, status.</summary>
internal sealed record Plan(Outcome Outcome)
{
    /// <summary>Object writes, in order. The first that fails ends the plan; the next look starts from what the cluster then holds.</summary>
    public IReadOnlyList<Write> Writes { get; init; } = [];

    /// <summary>The status to have, or null when it is already so.</summary>
    public StatusWrite? Status { get; init; }

    /// <summary>Kubernetes Events, recorded only after the writes succeeded, and before the status that they explain.</summary>
    public IReadOnlyList<Note> Notes { get; init; } = [];

    /// <summary>Other objects to look at, for the same function.</summary>
    public IReadOnlyList<ObjectReference> FollowUps { get; init; } = [];

    /// <summary>A plan that does nothing, now or later.</summary>
    public static Plan Nothing { get; } = new(new Outcome.Done());

    /// <summary>True when applying it makes no API call.</summary>
    public bool IsEmpty => Writes.Count == 0 && Status is null && Notes.Count == 0;
}

/// <summary>One Kubernetes Event to record about an object.</summary>
/// <param name="Regarding">The object it is about.</param>
/// <param name="Severity">Normal or Warning.</param>
/// <param name="Reason">CamelCase, from the function's catalogue.</param>
/// <param name="Message">For a person; never holds a secret value.</param>
internal sealed record Note(ObjectReference Regarding, string Severity, string Reason, string Message)
{
    public const string Normal = "Normal", Warning = "Warning";
}
