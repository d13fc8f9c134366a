using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>All that the decision about one LLMAccess may know.</summary>
internal sealed record SecretProvisioningFacts
{
    public required LLMAccess Access { get; init; }

    /// <summary>The provider named by <c>spec.providerRef.name</c>; null when there is none, or it is being deleted.</summary>
    public LLMProvider? Provider { get; init; }

    public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }

    /// <summary>The namespace is being deleted: nothing can be created in it any more.</summary>
    public bool NamespaceTerminating { get; init; }

    /// <summary>What the provider's secretRef names; not read when the provider is missing or of another auth type.</summary>
    public MasterKey Master { get; init; } = new();

    /// <summary>The Secret named by <c>spec.secretName</c>, whoever made it; null when there is none.</summary>
    public ObservedSecret? Existing { get; init; }

    /// <summary>Other Secrets that this access owns, from an earlier <c>spec.secretName</c>.</summary>
    public IReadOnlyList<ObjectReference> Leftovers { get; init; } = [];

    public required DateTimeOffset Now { get; init; }

    /// <summary>An Event about the access: all is well.</summary>
    public Note Normal(string reason, string message) => new(Subject, Note.Normal, reason, message);

    /// <summary>An Event about the access: somebody has to do something.</summary>
    public Note Warning(string reason, string message) => new(Subject, Note.Warning, reason, message);

    private ObjectReference Subject => ObjectReference.To(CredentialKinds.LLMAccess, Access.Metadata);
}
