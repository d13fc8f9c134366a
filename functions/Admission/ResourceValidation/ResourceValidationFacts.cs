using System.Text.Json.Serialization;
using AgentWarden.Credentials;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>All that the decision may know, by the kind that is judged.</summary>
[JsonDerivedType(typeof(ProviderFacts), "provider"), JsonDerivedType(typeof(AccessFacts), "access")]
internal abstract record ResourceValidationFacts;

/// <summary>An LLMProvider that is created, changed or deleted.</summary>
internal sealed record ProviderFacts : ResourceValidationFacts
{
    /// <summary>As it shall be; null when it is deleted.</summary>
    public LLMProvider? Provider { get; init; }

    /// <summary>As it is; null when it is created.</summary>
    public LLMProvider? Before { get; init; }

    /// <summary>The LLMAccesses that name it, of all namespaces.</summary>
    public IReadOnlyList<LLMAccess> Users { get; init; } = [];

    /// <summary>Labels of the namespaces of <see cref="Users"/>; a namespace that is not known is absent.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> NamespaceLabels { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
}

/// <summary>An LLMAccess that is created or changed.</summary>
internal sealed record AccessFacts : ResourceValidationFacts
{
    public LLMAccess Access { get; init; } = new();
    public string Namespace { get; init; } = "";
    public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }

    /// <summary>The provider it names; null when there is none of that name.</summary>
    public LLMProvider? Provider { get; init; }

    /// <summary>The other LLMAccesses of the namespace, without those that are being deleted.</summary>
    public IReadOnlyList<LLMAccess> Neighbours { get; init; } = [];
}
