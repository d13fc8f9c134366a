using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>
/// Reads what a judgement needs. An LLMAccess is judged on what the API says now: whoever applies several documents in one go is faster than a watch,
/// and a copy that is behind would refuse what is right, or let in what is not. What a provider's change takes away is only warned of, so the watches do for it.
/// </summary>
internal sealed class ResourceValidationGatherer(IObjectCache<LLMAccess> accesses, IObjectCache<MetadataOnly> namespaces, IKubernetesReader reader)
{
    public async Task<ResourceValidationFacts> GatherAsync(AdmissionReview review, CancellationToken cancellation) =>
        review.IsKind(CredentialKinds.Group, CredentialKinds.LLMProvider.Kind)
            ? await GatherProviderAsync(review, cancellation)
            : await GatherAccessAsync(review, cancellation);

    private async Task<AccessFacts> GatherAccessAsync(AdmissionReview review, CancellationToken cancellation)
    {
        var access = Decode(review.Object, ResourceValidationJson.Default.LLMAccess)!;
        var ns = review.Namespace!;
        var provider = GetAsync(CredentialKinds.LLMProvider, access.Spec.ProviderRef.Name, CredentialJson.Default.LLMProvider, cancellation);
        var home = GetAsync(KubernetesKinds.Namespace, ns, ResourceValidationJson.Default.MetadataOnly, cancellation);
        var neighbours = ListAsync(ns, cancellation);
        await Task.WhenAll(provider, home, neighbours);
        return new()
        {
            Access = access,
            Namespace = ns,
            NamespaceLabels = (await home)?.Metadata.Labels,
            Provider = await provider,
            Neighbours = [.. (await neighbours).Where(n => n.Metadata.DeletionTimestamp is null && !string.Equals(n.Metadata.Name, access.Metadata.Name, StringComparison.Ordinal))],
        };
    }

    private async Task<ProviderFacts> GatherProviderAsync(AdmissionReview review, CancellationToken cancellation)
    {
        var provider = Decode(review.Object, ResourceValidationJson.Default.LLMProvider);
        var before = Decode(review.OldObject, ResourceValidationJson.Default.LLMProvider);
        var name = (provider ?? before)?.Metadata.Name;
        var users = before is null ? [] : (await AllAccessesAsync(cancellation)).Where(a => string.Equals(a.Spec.ProviderRef.Name, name, StringComparison.Ordinal)).ToArray();
        var labels = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var ns in users.Select(u => u.Metadata.Namespace).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            var cached = namespaces.IsSynced ? namespaces.Find(new(null, ns)) : null;
            if ((cached ?? await GetAsync(KubernetesKinds.Namespace, ns, ResourceValidationJson.Default.MetadataOnly, cancellation)) is { } found)
            {
                labels[ns] = found.Metadata.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal);
            }
        }

        return new() { Provider = provider, Before = before, Users = users, NamespaceLabels = labels };
    }

    private async ValueTask<IReadOnlyCollection<LLMAccess>> AllAccessesAsync(CancellationToken cancellation) =>
        accesses.IsSynced ? accesses.All() : await ListAsync(ns: null, cancellation);

    /// <summary>A cluster-scoped object by name. An empty name is a fault of the object that names it, and no question for the API.</summary>
    private async Task<T?> GetAsync<T>(ResourceKind kind, string name, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class =>
        name.Length == 0 ? null : await reader.GetAsync(kind, ns: null, name, type, cancellation);

    private async Task<IReadOnlyCollection<LLMAccess>> ListAsync(string? ns, CancellationToken cancellation)
    {
        var found = new List<LLMAccess>();
        await foreach (var access in reader.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, cancellation))
        {
            found.Add(access);
        }

        return found;
    }

    private static T? Decode<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type) where T : class =>
        json.IsEmpty ? null : JsonSerializer.Deserialize(json.Span, type);
}
