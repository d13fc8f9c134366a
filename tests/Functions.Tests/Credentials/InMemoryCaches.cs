using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Credentials;

/// <summary>The watch-backed copies, as far as the watch has come in this test.</summary>
internal sealed class InMemoryCaches : ICredentialCaches
{
    public InMemoryCache<LLMAccess> Accesses { get; } = new();
    public InMemoryCache<LLMProvider> Providers { get; } = new();
    public InMemoryCache<MetadataOnly> Namespaces { get; } = new();
    public InMemoryCache<MetadataOnly> Secrets { get; } = new();

    IObjectCache<LLMAccess> ICredentialCaches.Accesses => Accesses;
    IObjectCache<LLMProvider> ICredentialCaches.Providers => Providers;
    IObjectCache<MetadataOnly> ICredentialCaches.Namespaces => Namespaces;
    IObjectCache<MetadataOnly> ICredentialCaches.Secrets => Secrets;

    public IReadOnlyCollection<LLMAccess> AccessesOf(string provider) => [.. Accesses.All().Where(a => a.Spec.ProviderRef.Name == provider)];

    public IReadOnlyCollection<LLMAccess> AccessesNaming(ObjectKey secret) => [.. Accesses.All().Where(a => new ObjectKey(a.Metadata.Namespace, a.Spec.SecretName) == secret)];

    public IReadOnlyCollection<LLMProvider> ProvidersWithMaster(ObjectKey secret) => [.. Providers.All().Where(p => p.Spec.Auth.ApiKey?.SecretRef is { } r && new ObjectKey(r.Namespace, r.Name) == secret)];

    public IReadOnlyCollection<MetadataOnly> SecretsOwnedBy(string accessUid) => [.. Secrets.All().Where(s => s.Metadata.OwnerReferences?.Any(o => o.Uid == accessUid) == true)];
}

internal sealed class InMemoryCache<T> : IObjectCache<T> where T : class, IKubernetesObject
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<ObjectKey, T> _objects = new();

    public bool IsSynced { get; set; } = true;

    public void Set(T item) => _objects[new(item.Metadata.Namespace, item.Metadata.Name)] = item;

    public void Remove(ObjectKey key) => _objects.TryRemove(key, out _);

    public T? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    public IReadOnlyCollection<T> InNamespace(string ns) => [.. _objects.Values.Where(o => o.Metadata.Namespace == ns)];

    public IReadOnlyCollection<T> All() => [.. _objects.Values];
}
