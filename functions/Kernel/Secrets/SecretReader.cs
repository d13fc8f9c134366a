using System.Collections.Concurrent;
using System.Diagnostics;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Secrets;

/// <summary>
/// Reads Secrets live, once per version: the metadata watch says which version is current, so what was read of that
/// version need not be read again. Of Secrets that are only compared, digests are kept and no values.
/// </summary>
internal sealed class SecretReader(IObjectCache<MetadataOnly> metadata, IKubernetesReader api) : IWatchHandler<MetadataOnly>
{
    /// <summary>Entries are small; past this many the memo starts over rather than be managed.</summary>
    private const int MaxRemembered = 100_000;

    /// <summary>A created Secret that the watch has not shown after this is not believed in any more.</summary>
    public static readonly TimeSpan Unconfirmed = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ObjectKey, SecretObject> _sources = new();
    private readonly ConcurrentDictionary<ObjectKey, SecretContent> _contents = new();

    /// <summary>Secrets that we created and that the watch has not shown yet.</summary>
    private readonly ConcurrentDictionary<ObjectKey, (SecretContent Content, long At)> _created = new();

    /// <summary>UIDs of Secrets that we deleted and that the watch still shows.</summary>
    private readonly ConcurrentDictionary<ObjectKey, (string? Uid, long At)> _deleted = new();

    /// <summary>A Secret that credentials are copied from; null when it does not exist. Its values stay in memory until it changes, because every access of a provider needs them.</summary>
    public async Task<SecretObject?> ReadSourceAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_sources.TryGetValue(key, out var known) && metadata.IsSynced && SameVersion(known.Metadata, metadata.Find(key)?.Metadata))
        {
            return known;
        }

        var read = await api.GetAsync(KubernetesKinds.Secret, key.Namespace, key.Name, SecretJson.Default.SecretObject, cancellation);
        if (read is null)
        {
            _sources.TryRemove(key, out _);
            return null;
        }

        return _sources[key] = read;
    }

    /// <summary>Metadata and digests of a Secret that may be ours; null when it does not exist.</summary>
    /// <param name="key">The Secret.</param>
    /// <param name="wantContent">Decides from the metadata whether the content matters: a Secret that is not ours is not read.</param>
    /// <param name="cancellation">Ends the read.</param>
    public async Task<SecretContent?> ReadContentAsync(ObjectKey key, Func<ObjectMeta, bool> wantContent, CancellationToken cancellation)
    {
        if (metadata.IsSynced)
        {
            // Absent from the watch means "create it": should it exist after all, the create-only write says so.
            if (metadata.Find(key)?.Metadata is not { } current || IsDeleted(current))
            {
                return _created.TryGetValue(key, out var created) && Stopwatch.GetElapsedTime(created.At) < Unconfirmed ? created.Content with { IsUnconfirmed = true } : null;
            }

            if (!wantContent(current))
            {
                return new(current, Digests: null, Immutable: false);
            }

            if (_contents.TryGetValue(key, out var known) && SameVersion(known.Metadata, current))
            {
                return known with { Metadata = current };
            }
        }

        var read = await api.GetAsync(KubernetesKinds.Secret, key.Namespace, key.Name, SecretJson.Default.SecretObject, cancellation);
        if (read is null)
        {
            return null;
        }

        return Remember(key, new(read.Metadata, DigestsOf(read.Data), read.Immutable == true));
    }

    /// <summary>What was just created need not be read back, and counts as there until the watch shows it.</summary>
    /// <param name="written">Whole: with the labels, annotations and owners that were sent.</param>
    /// <param name="data">What it holds.</param>
    public void Created(ObjectMeta written, IReadOnlyDictionary<string, SecretValue> data)
    {
        var key = new ObjectKey(written.Namespace, written.Name);
        var content = Remember(key, new(written, DigestsOf(data), Immutable: false));
        _created[key] = (content, Stopwatch.GetTimestamp());
        if (IsSame(metadata.Find(key)?.Metadata, written.Uid))
        {
            // The watch was faster than the answer.
            _created.TryRemove(key, out _);
        }
    }

    /// <summary>What was just deleted counts as gone until the watch says so, or it would be deleted and announced twice.</summary>
    public void Deleted(ObjectKey key, string? uid)
    {
        _deleted[key] = (uid, Stopwatch.GetTimestamp());
        if (!IsSame(metadata.Find(key)?.Metadata, uid))
        {
            _deleted.TryRemove(key, out _);
        }
    }

    /// <summary>We deleted this very Secret, and the watch has yet to say so.</summary>
    public bool IsDeleted(ObjectMeta secret) =>
        _deleted.TryGetValue(new(secret.Namespace, secret.Name), out var deleted) && IsSame(secret, deleted.Uid) && Stopwatch.GetElapsedTime(deleted.At) < Unconfirmed;

    /// <summary>From here on the watch is right about this Secret. What is gone is forgotten, values above all.</summary>
    public void OnChange(ObjectChange change, MetadataOnly? before, MetadataOnly now)
    {
        var key = new ObjectKey(now.Metadata.Namespace, now.Metadata.Name);
        if (_created.TryGetValue(key, out var created) && IsSame(now.Metadata, created.Content.Metadata.Uid))
        {
            _created.TryRemove(key, out _);
        }

        if (change == ObjectChange.Delete)
        {
            _sources.TryRemove(key, out _);
            _deleted.TryRemove(key, out _);
            if (_contents.TryGetValue(key, out var content) && IsSame(now.Metadata, content.Metadata.Uid))
            {
                // Not that of a Secret that we made in its place.
                _contents.TryRemove(key, out _);
            }
        }
    }

    /// <summary>A whole list was read: what it does not hold is not there, unless it was created since, and then the watch shows it.</summary>
    public void OnSynced()
    {
        _created.Clear();
        _deleted.Clear();
    }

    private SecretContent Remember(ObjectKey key, SecretContent content)
    {
        if (_contents.Count > MaxRemembered)
        {
            _contents.Clear();
        }

        return _contents[key] = content;
    }

    private static Dictionary<string, string> DigestsOf(IReadOnlyDictionary<string, SecretValue>? data) =>
        (data ?? new Dictionary<string, SecretValue>(StringComparer.Ordinal)).ToDictionary(d => d.Key, d => d.Value.Digest, StringComparer.Ordinal);

    private static bool IsSame(ObjectMeta? secret, string? uid) => secret is not null && string.Equals(secret.Uid, uid, StringComparison.Ordinal);

    private static bool SameVersion(ObjectMeta known, ObjectMeta? current) =>
        current is not null && string.Equals(known.ResourceVersion, current.ResourceVersion, StringComparison.Ordinal) && string.Equals(known.Uid, current.Uid, StringComparison.Ordinal);
}

/// <summary>What a Secret holds, by digest.</summary>
internal sealed record SecretContent(ObjectMeta Metadata, IReadOnlyDictionary<string, string>? Digests, bool Immutable)
{
    /// <summary>Known only from our own write: look again soon.</summary>
    public bool IsUnconfirmed { get; init; }
}
