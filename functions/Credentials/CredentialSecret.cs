using System.Security.Cryptography;
using System.Text;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials;

/// <summary>The Secret of an access as it is in the cluster: metadata, and per key a digest, never a value.</summary>
internal sealed record ObservedSecret
{
    public required ObjectMeta Metadata { get; init; }

    /// <summary>Digest per key; null when the content was not read because the Secret is not ours.</summary>
    public IReadOnlyDictionary<string, string>? Digests { get; init; }

    /// <summary><c>immutable: true</c>, which forbids any change of data.</summary>
    public bool Immutable { get; init; }

    /// <summary>We created it and the watch has not shown it yet.</summary>
    public bool IsUnconfirmed { get; init; }

    public ObjectReference Reference => ObjectReference.To(KubernetesKinds.Secret, Metadata);

    /// <summary>When the credential was last replaced; null when no stamp can be read.</summary>
    public DateTimeOffset? RotatedAt => KubernetesTime.Parse(Metadata.Annotation(CredentialNames.RotatedAt));

    public long Revision => long.TryParse(Metadata.Annotation(CredentialNames.Revision), out var revision) && revision > 0 ? revision : 1;
}

/// <summary>Rules about the Secrets that we create.</summary>
internal static class CredentialSecret
{
    /// <summary>The Secret belongs to this very access: by our label and by an owner reference with its UID. Only then is it changed or deleted.</summary>
    public static bool BelongsTo(ObjectMeta secret, ObjectMeta access) =>
        string.Equals(secret.Label(CredentialNames.ManagedBy), CredentialNames.ManagedByValue, StringComparison.Ordinal) && IsOwnedBy(secret, access);

    /// <summary>The owner reference alone: our label may have been taken away by hand.</summary>
    public static bool IsOwnedBy(ObjectMeta secret, ObjectMeta access) =>
        secret.OwnerReferences?.Any(o => string.Equals(o.Uid, access.Uid, StringComparison.Ordinal) && string.Equals(o.Kind, CredentialKinds.LLMAccess.Kind, StringComparison.Ordinal)) == true;

    /// <summary>
    /// Owned by nobody but another access of this one's name: one of the two accesses is over, and which one only the API server knows.
    /// If it is the Secret's, the garbage collector deletes it, sooner or later.
    /// </summary>
    public static bool IsOfNamesake(ObjectMeta secret, ObjectMeta access) =>
        secret.OwnerReferences is [var owner]
        && string.Equals(owner.Kind, CredentialKinds.LLMAccess.Kind, StringComparison.Ordinal)
        && string.Equals(owner.Name, access.Name, StringComparison.Ordinal)
        && !string.Equals(owner.Uid, access.Uid, StringComparison.Ordinal);

    /// <summary>Digest of a credential for one access: salted with the access's UID, so that equal keys in two namespaces do not show as equal.</summary>
    public static string IssuedDigest(SecretValue credential, ObjectMeta access)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(access.Uid ?? ""));
        hash.AppendData(credential.Reveal());
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    /// <summary>True when both hold the same keys with the same values.</summary>
    public static bool SameContent(IReadOnlyDictionary<string, string>? observed, IReadOnlyDictionary<string, SecretValue> desired) =>
        observed is not null && desired.All(d => observed.TryGetValue(d.Key, out var digest) && string.Equals(digest, d.Value.Digest, StringComparison.Ordinal));

    /// <summary>Label values hold 63 characters at most; object names hold 253. A name that does not fit is left to the owner reference.</summary>
    public static bool FitsLabel(string name) => name.Length <= 63;
}
