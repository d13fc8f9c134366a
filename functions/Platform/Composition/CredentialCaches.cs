using AgentWarden.Credentials;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>The watches of this process: one per kind, shared by the event bridge, the event functions and admission.</summary>
internal sealed class CredentialCaches : ICredentialCaches, IWatchedObjects
{
    private const string ByProvider = "provider", BySecret = "secret", ByMaster = "master", ByOwner = "owner";

    private readonly Reflector<LLMAccess> _accesses;
    private readonly Reflector<LLMProvider> _providers;
    private readonly Reflector<MetadataOnly> _namespaces;
    private readonly Reflector<MetadataOnly> _secrets;
    private readonly IReadOnlyList<Watch> _watches;

    /// <param name="api">The API server.</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="admissionOnly">True in a process that only answers admission: it keeps no providers and Secrets, and has no right to list them.</param>
    public CredentialCaches(KubernetesClient api, ILoggerFactory loggers, bool admissionOnly)
    {
        var log = loggers.CreateLogger("AgentWarden.Watches");
        var metadataOnly = new ReflectorOptions { List = new() { MetadataOnly = true } };
        _accesses = new(api, CredentialKinds.LLMAccess, CredentialJson.Default.LLMAccess, log);
        _providers = new(api, CredentialKinds.LLMProvider, CredentialJson.Default.LLMProvider, log);
        _namespaces = new(api, KubernetesKinds.Namespace, ObjectMetaJson.Default.MetadataOnly, log, metadataOnly, new MetadataTrim().Trim);
        _secrets = new(api, KubernetesKinds.Secret, ObjectMetaJson.Default.MetadataOnly, log, metadataOnly, new MetadataTrim(IsOurs, IsOurs).Trim);
        _accesses.IndexNamespaces();
        _accesses.AddIndex(ByProvider, a => [a.Spec.ProviderRef.Name]);
        _accesses.AddIndex(BySecret, a => [new ObjectKey(a.Metadata.Namespace, a.Spec.SecretName).ToString()]);
        _providers.AddIndex(ByMaster, p => p.Spec.Auth.ApiKey?.SecretRef is { } master ? [new ObjectKey(master.Namespace, master.Name).ToString()] : []);
        _secrets.AddIndex(ByOwner, s => s.Metadata.OwnerReferences?.Where(o => o.Kind == CredentialKinds.LLMAccess.Kind).Select(o => o.Uid) ?? []);
        _watches = admissionOnly ? [Watch.Of(_accesses), Watch.Of(_namespaces)] : [Watch.Of(_accesses), Watch.Of(_providers), Watch.Of(_namespaces), Watch.Of(_secrets)];
    }

    public IObjectCache<LLMAccess> Accesses => _accesses;
    public IObjectCache<LLMProvider> Providers => _providers;
    public IObjectCache<MetadataOnly> Namespaces => _namespaces;
    public IObjectCache<MetadataOnly> Secrets => _secrets;

    public IReadOnlyCollection<LLMAccess> AccessesOf(string provider) => _accesses.ByIndex(ByProvider, provider);
    public IReadOnlyCollection<LLMAccess> AccessesNaming(ObjectKey secret) => _accesses.ByIndex(BySecret, secret.ToString());
    public IReadOnlyCollection<LLMProvider> ProvidersWithMaster(ObjectKey secret) => _providers.ByIndex(ByMaster, secret.ToString());
    public IReadOnlyCollection<MetadataOnly> SecretsOwnedBy(string accessUid) => _secrets.ByIndex(ByOwner, accessUid);

    /// <summary>Tells the Secret reader how far the watch has come. Before <see cref="RunAsync"/>.</summary>
    public void Feed(SecretReader secrets) => _secrets.Subscribe(secrets);

    /// <summary>True when the copy of the object's kind is at least as new as the reference; also for kinds that are not kept, and versions that are no numbers.</summary>
    public bool HasSeen(ObjectReference about) => !long.TryParse(about.ResourceVersion, out var version) || about.Kind switch
    {
        var kind when kind == CredentialKinds.LLMAccess => _accesses.HasSeen(about.Key, version),
        var kind when kind == CredentialKinds.LLMProvider => _providers.HasSeen(about.Key, version),
        var kind when kind == KubernetesKinds.Namespace => _namespaces.HasSeen(about.Key, version),
        var kind when kind == KubernetesKinds.Secret => _secrets.HasSeen(about.Key, version),
        _ => true,
    };

    /// <summary>Sends every change to a bridge, or to whoever else wants to hear of it. Before <see cref="RunAsync"/>.</summary>
    public void Feed(IChangeListener bridge)
    {
        _accesses.Subscribe(new BridgeFeed<LLMAccess>(CredentialKinds.LLMAccess, bridge));
        _providers.Subscribe(new BridgeFeed<LLMProvider>(CredentialKinds.LLMProvider, bridge));
        _namespaces.Subscribe(new BridgeFeed<MetadataOnly>(KubernetesKinds.Namespace, bridge));
        _secrets.Subscribe(new BridgeFeed<MetadataOnly>(KubernetesKinds.Secret, bridge));
    }

    public void ForEach(Action<ResourceKind, ObjectMeta> each)
    {
        Walk(_accesses, each);
        Walk(_providers, each);
        Walk(_namespaces, each);
        Walk(_secrets, each);
    }

    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_watches.Select(w => w.RunAsync(cancellation)));

    public Task WaitForSyncAsync(CancellationToken cancellation) => Task.WhenAll(_watches.Select(w => w.WaitForSyncAsync(cancellation)));

    /// <summary>Why admission and events cannot be answered from memory yet, or null.</summary>
    public string? NotReady()
    {
        var missing = _watches.Where(w => !w.IsSynced()).Select(w => w.Kind).ToArray();
        return missing.Length == 0 ? null : $"not listed yet: {string.Join(", ", missing)} (are the CRDs installed and the ServiceAccount allowed to list them?)";
    }

    private static void Walk<T>(Reflector<T> cache, Action<ResourceKind, ObjectMeta> each) where T : class, IKubernetesObject
    {
        foreach (var item in cache.All())
        {
            each(cache.Kind, item.Metadata);
        }
    }

    /// <summary>Of other people's Secrets no labels and annotations are kept: nothing is asked of them but their names and owners.</summary>
    private static bool IsOurs(string key) => key.StartsWith(CredentialKinds.Group + "/", StringComparison.Ordinal);

    /// <summary>A reflector of whatever type, as far as its run goes.</summary>
    private sealed record Watch(string Kind, Func<CancellationToken, Task> RunAsync, Func<CancellationToken, Task> WaitForSyncAsync, Func<bool> IsSynced)
    {
        public static Watch Of<T>(Reflector<T> watch) where T : class, IKubernetesObject =>
            new(watch.Kind.Kind, watch.RunAsync, watch.WaitForSyncAsync, () => watch.IsSynced);
    }
}
