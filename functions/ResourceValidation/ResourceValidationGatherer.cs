using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ResourceValidation;

/// <summary>Reads what a judgement needs: from the watches, and live what they do not have, or when a judgement must not rest on a copy that may be behind.</summary>
internal sealed class ResourceValidationGatherer(IObjectCache<LLMProvider> providers, IObjectCache<LLMAccess> accesses, IObjectCache<MetadataOnly> namespaces, IKubernetesReader reader)
{
    public async Task<ResourceValidationFacts> GatherAsync(AdmissionReview review, bool live, CancellationToken cancellation) =>
        review.IsKind(CredentialKinds.Group, CredentialKinds.LLMProvider.Kind)
            ? await GatherProviderAsync(review, live, cancellation)
            : await GatherAccessAsync(review, live, cancellation);

    private async Task<ProviderFacts> GatherProviderAsync(AdmissionReview review, bool live, CancellationToken cancellation)
    {
        var provider = Decode(review.Object, ResourceValidationJson.Default.LLMProvider);
        var before = Decode(review.OldObject, ResourceValidationJson.Default.LLMProvider);
        var name = (provider ?? before)?.Metadata.Name;
        var users = before is null ? [] : (await AccessesAsync(ns: null, live, cancellation)).Where(a => string.Equals(a.Spec.ProviderRef.Name, name, StringComparison.Ordinal)).ToArray();
        var labels = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var ns in users.Select(u => u.Metadata.Namespace).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (await FindAsync(namespaces, KubernetesKinds.Namespace, ns, ResourceValidationJson.Default.MetadataOnly, live, cancellation) is { } found)
            {
                labels[ns] = found.Metadata.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal);
            }
        }

        return new() { Provider = provider, Before = before, Users = users, NamespaceLabels = labels };
    }

    private async Task<AccessFacts> GatherAccessAsync(AdmissionReview review, bool live, CancellationToken cancellation)
    {
        var access = Decode(review.Object, ResourceValidationJson.Default.LLMAccess)!;
        var ns = review.Namespace!;
        var home = await FindAsync(namespaces, KubernetesKinds.Namespace, ns, ResourceValidationJson.Default.MetadataOnly, live, cancellation);
        var neighbours = await AccessesAsync(ns, live, cancellation);
        return new()
        {
            Access = access,
            Namespace = ns,
            NamespaceLabels = home?.Metadata.Labels,
            Provider = await FindAsync(providers, CredentialKinds.LLMProvider, access.Spec.ProviderRef.Name, CredentialJson.Default.LLMProvider, live, cancellation),
            Neighbours = [.. neighbours.Where(n => n.Metadata.DeletionTimestamp is null && !string.Equals(n.Metadata.Name, access.Metadata.Name, StringComparison.Ordinal))],
        };
    }

    /// <summary>A cluster-scoped object by name. "Not in the cache" may only mean "created a moment ago", so absence is always asked of the API.</summary>
    private async ValueTask<T?> FindAsync<T>(IObjectCache<T> cache, ResourceKind kind, string name, JsonTypeInfo<T> type, bool live, CancellationToken cancellation) where T : class, IKubernetesObject =>
        (live || !cache.IsSynced ? null : cache.Find(new(null, name))) ?? (name.Length == 0 ? null : await reader.GetAsync(kind, ns: null, name, type, cancellation));

    private async ValueTask<IReadOnlyCollection<LLMAccess>> AccessesAsync(string? ns, bool live, CancellationToken cancellation)
    {
        if (!live && accesses.IsSynced)
        {
            return ns is null ? accesses.All() : accesses.InNamespace(ns);
        }

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
