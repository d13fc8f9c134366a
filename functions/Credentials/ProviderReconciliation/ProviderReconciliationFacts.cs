
namespace AgentWarden.Credentials.ProviderReconciliation;

/// <summary>All that the decision about one LLMProvider's status may know.</summary>
internal sealed record ProviderReconciliationFacts
{
    public required LLMProvider Provider { get; init; }
    public MasterKey Master { get; init; } = new();

    /// <summary>The master Secret just changed, so the check of it is news.</summary>
    public bool MasterChanged { get; init; }

    /// <summary>LLMAccess objects that name this provider, granted or not.</summary>
    public int AccessCount { get; init; }

    public required DateTimeOffset Now { get; init; }
}
