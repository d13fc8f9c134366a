using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Credentials.CredentialReading;

/// <summary>The reads that the credential functions share: from the watch-backed copies where these can answer, live where they cannot.</summary>
internal sealed class CredentialReader(ICredentialCaches caches, SecretReader secrets, IKubernetesReader api)
{
    /// <summary>How long the watch usually needs, at the very most, to bring back what was just written.</summary>
    private static readonly TimeSpan WatchLag = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<ObjectKey, string> _written = new();

    /// <summary>The access, or null when it is gone. The copy answers unless the event has seen a later version.</summary>
    public async Task<LLMAccess?> AccessAsync(ObjectReference reference, CancellationToken cancellation)
    {
        if (caches.Accesses.IsSynced && await CopyOfAccessAsync(reference, cancellation) is { } known)
        {
            return known;
        }

        return await LiveAccessAsync(reference, cancellation);
    }

    /// <summary>The access as the API server has it now, or null when it is gone.</summary>
    public async Task<LLMAccess?> LiveAccessAsync(ObjectReference reference, CancellationToken cancellation)
    {
        var live = await api.GetAsync(CredentialKinds.LLMAccess, reference.Namespace, reference.Name, CredentialJson.Default.LLMAccess, cancellation);
        if (live is null)
        {
            _written.TryRemove(reference.Key, out _);
        }

        return live;
    }

    /// <summary>The provider, or null when there is none that will stay.</summary>
    public async Task<LLMProvider?> ProviderAsync(ObjectReference reference, CancellationToken cancellation)
    {
        if (caches.Providers.IsSynced && caches.Providers.Find(reference.Key) is { } known && !IsOlder(known.Metadata, reference))
        {
            return known;
        }

        return await api.GetAsync(CredentialKinds.LLMProvider, null, reference.Name, CredentialJson.Default.LLMProvider, cancellation);
    }

    public Task<LLMProvider?> ProviderAsync(string name, CancellationToken cancellation) =>
        ProviderAsync(new ObjectReference(CredentialKinds.LLMProvider, null, name), cancellation);

    /// <summary>Metadata of a namespace, or null when it is gone.</summary>
    public async Task<ObjectMeta?> NamespaceAsync(string name, CancellationToken cancellation)
    {
        if (caches.Namespaces.IsSynced && caches.Namespaces.Find(new(null, name)) is { } known)
        {
            return known.Metadata;
        }

        return (await api.GetAsync(KubernetesKinds.Namespace, null, name, ObjectMetaJson.Default.MetadataOnly, cancellation))?.Metadata;
    }

    /// <summary>Metadata of a Secret, or null when it is gone. The copy answers unless the event has seen a later version: the bridge may be another process, whose watch is ahead.</summary>
    public async Task<ObjectMeta?> SecretMetadataAsync(ObjectReference reference, CancellationToken cancellation)
    {
        if (caches.Secrets.IsSynced && caches.Secrets.Find(reference.Key) is { } known && !IsOlder(known.Metadata, reference))
        {
            return known.Metadata;
        }

        return (await api.GetAsync(KubernetesKinds.Secret, reference.Namespace, reference.Name, ObjectMetaJson.Default.MetadataOnly, cancellation))?.Metadata;
    }

    /// <summary>The master key of a provider of type apiKey; for others an empty answer, since there is nothing to read.</summary>
    public async Task<MasterKey> MasterKeyAsync(LLMProvider? provider, CancellationToken cancellation)
    {
        if (provider?.Spec.Auth is not { Type: ProviderAuth.TypeApiKey, ApiKey.SecretRef: { } reference })
        {
            return new();
        }

        var source = await secrets.ReadSourceAsync(new(reference.Namespace, reference.Name), cancellation);
        return source is null ? new() : new()
        {
            SecretExists = true,
            Keys = [.. (source.Data?.Keys ?? []).Order(StringComparer.Ordinal)],
            Value = source.Data?.GetValueOrDefault(reference.Key),
        };
    }

    /// <summary>The Secret that an access names. Its content is read, as digests, only if it is this access's, or that of an earlier access of its name.</summary>
    public Task<ObservedSecret?> SecretOfAsync(LLMAccess access, CancellationToken cancellation) => SecretOfAsync(access, static _ => true, cancellation);

    /// <summary>The same, and its content only if its metadata says that it matters.</summary>
    public async Task<ObservedSecret?> SecretOfAsync(LLMAccess access, Func<ObjectMeta, bool> contentMatters, CancellationToken cancellation)
    {
        var content = await secrets.ReadContentAsync(new(access.Metadata.Namespace, access.Spec.SecretName), m => (CredentialSecret.IsOwnedBy(m, access.Metadata) || CredentialSecret.IsOfNamesake(m, access.Metadata)) && contentMatters(m), cancellation);
        return content is null ? null : new() { Metadata = content.Metadata, Digests = content.Digests, Immutable = content.Immutable, IsUnconfirmed = content.IsUnconfirmed };
    }

    /// <summary>Takes note that we wrote the access's status: an older copy of it must not be decided on, or the same would be written and announced twice.</summary>
    public void WroteAccess(ObjectMeta access, ObjectMeta written) => _written[new(access.Namespace, access.Name)] = written.ResourceVersion ?? "";

    /// <summary>Takes note that we created a Secret. The API server's answer says who and which version; the rest is what was sent.</summary>
    public void CreatedSecret(CreateObject create, ObjectMeta written)
    {
        if (create.Object.SecretData is { } data)
        {
            var sent = create.Object.Body["metadata"]?.Deserialize(ObjectMetaJson.Default.ObjectMeta) ?? new();
            secrets.Created(sent with { Name = create.Target.Name, Namespace = create.Target.Namespace, Uid = written.Uid, ResourceVersion = written.ResourceVersion, CreationTimestamp = written.CreationTimestamp }, data);
        }
    }

    /// <summary>Takes note that we deleted a Secret.</summary>
    public void DeletedSecret(ObjectReference secret) => secrets.Deleted(secret.Key, secret.Uid);

    /// <summary>We deleted this very Secret, and the watch has yet to say so.</summary>
    public bool IsDeleted(ObjectMeta secret) => secrets.IsDeleted(secret);

    /// <summary>The copy, as soon as it holds what the event saw and what we wrote ourselves; null when it does not get there.</summary>
    private async Task<LLMAccess?> CopyOfAccessAsync(ObjectReference reference, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var known = caches.Accesses.Find(reference.Key);
            if (known is null)
            {
                return null;
            }

            if (!_written.TryGetValue(reference.Key, out var ours) || !IsOlder(known.Metadata, reference with { ResourceVersion = ours }))
            {
                if (ours is not null)
                {
                    // This note, not one that another look has made since.
                    _written.TryRemove(new(reference.Key, ours));
                }

                return IsOlder(known.Metadata, reference) ? null : known;
            }

            if (Stopwatch.GetElapsedTime(started) > WatchLag)
            {
                return null;
            }

            // The watch is a millisecond or two behind; waiting for it is cheaper for the API server than a read.
            await Task.Delay(1, cancellation);
        }
    }

    /// <summary>Resource versions are compared as numbers, as etcd counts them; where they are none, the copy is taken as stale.</summary>
    private static bool IsOlder(ObjectMeta known, ObjectReference seen) =>
        seen.ResourceVersion is { } version
        && !string.Equals(known.ResourceVersion, version, StringComparison.Ordinal)
        && !(ulong.TryParse(known.ResourceVersion, out var have) && ulong.TryParse(version, out var want) && have >= want);
}
