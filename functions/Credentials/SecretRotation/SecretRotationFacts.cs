
namespace AgentWarden.Credentials.SecretRotation;

/// <summary>All that the decision whether to rotate one access's credential may know.</summary>
internal sealed record SecretRotationFacts
{
    public required LLMAccess Access { get; init; }
    public LLMProvider? Provider { get; init; }
    public MasterKey Master { get; init; } = new();

    /// <summary>The Secret named by the access; null when there is none.</summary>
    public ObservedSecret? Existing { get; init; }

    public required DateTimeOffset Now { get; init; }
}
