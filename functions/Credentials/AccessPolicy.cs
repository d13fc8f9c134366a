using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials;

/// <summary>Who may use a provider and for which models. Validation refuses by these findings and provisioning revokes by them, so the two cannot drift apart.</summary>
internal static class AccessPolicy
{
    public const string NamespaceNotAllowed = "NamespaceNotAllowed", ModelsNotAllowed = "ModelsNotAllowed";

    /// <summary>The namespace is not selected by <c>LLMProvider.spec.namespaceSelector</c>.</summary>
    public static Finding? CheckNamespace(LLMProvider provider, string ns, IReadOnlyDictionary<string, string>? namespaceLabels) =>
        provider.Spec.NamespaceSelector is { } selector && !selector.Matches(namespaceLabels)
            ? new(NamespaceNotAllowed, $"Namespace {ns} may not use LLMProvider {provider.Metadata.Name}: its spec.namespaceSelector asks for {selector}. Label the namespace so that it matches, or ask the platform team to widen the selector.")
            : null;

    /// <summary>A model in <c>LLMAccess.spec.models</c> is not in <c>LLMProvider.spec.allowedModels</c>.</summary>
    public static Finding? CheckModels(LLMProvider provider, IReadOnlyList<string>? models)
    {
        if (provider.Spec.AllowedModels is not { Count: > 0 } allowed || models is not { Count: > 0 })
        {
            return null;
        }

        var refused = models.Where(m => !allowed.Contains(m, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal).ToArray();
        return refused.Length == 0 ? null : new(ModelsNotAllowed,
            $"spec.models: {string.Join(", ", refused)} not allowed by LLMProvider {provider.Metadata.Name}, which allows {string.Join(", ", allowed)}. Ask for a subset of these, or have the model added to the provider's spec.allowedModels.");
    }
}
