using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>What has to be written so that the Secret holds the credential; nothing, when it does.</summary>
/// <param name="Writes">In this order.</param>
/// <param name="RotatedAt">When the credential that the Secret then holds was put there, in whole seconds.</param>
/// <param name="Note">Says why, unless creation or rotation says so.</param>
internal sealed record SecretProvisioningChange(IReadOnlyList<Write> Writes, DateTimeOffset RotatedAt, Note? Note)
{
    public static SecretProvisioningChange Of(SecretProvisioningFacts facts)
    {
        var (access, provider) = (facts.Access, facts.Provider!);
        var credential = facts.Master.Credential!;
        var data = SecretProvisioningObjects.Data(provider, credential);
        var issued = CredentialSecret.IssuedDigest(credential, access.Metadata);
        if (facts.Existing is not { } existing)
        {
            return Create(facts, data, issued);
        }

        if (CredentialSecret.IsOfNamesake(existing.Metadata, access.Metadata))
        {
            // The garbage collector would take it sooner or later. Deleted and not adopted: the collector may have made up its mind already.
            var creation = Create(facts, data, issued);
            return creation with { Writes = [new DeleteObject(existing.Reference), .. creation.Writes] };
        }

        var sameContent = SameContent(existing, data);
        var isRotation = existing.Digests?.GetValueOrDefault(CredentialNames.ApiKey) != credential.Digest && existing.Metadata.Annotation(CredentialNames.IssuedDigest) != issued;
        var rotatedAt = isRotation ? facts.Now : NotLater(existing.RotatedAt ?? access.Status?.LastRotation ?? existing.Metadata.CreationTimestamp, facts.Now);
        var changedAt = sameContent ? NotLater(KubernetesTime.Parse(existing.Metadata.Annotation(CredentialNames.ChangedAt)) ?? rotatedAt, facts.Now) : facts.Now;
        var annotations = SecretProvisioningObjects.Annotations(issued, rotatedAt, changedAt, existing.Revision + (sameContent ? 0 : 1));
        var desired = SecretProvisioningObjects.Secret(access, provider, data, annotations);
        var writes = Update(existing, desired, data, sameContent, access, provider, annotations);
        return new(writes, Conditions.Truncate(rotatedAt), writes.Count == 0 || isRotation ? null : ChangeNote(facts, existing, data));
    }

    private static SecretProvisioningChange Create(SecretProvisioningFacts facts, IReadOnlyDictionary<string, SecretValue> data, string issued)
    {
        // A Secret that was provisioned and is gone comes back, or has a new name: the same credential, so no rotation.
        var isKnown = Conditions.IsTrue(facts.Access.Status?.Conditions, SecretProvisioningReasons.CredentialProvisioned);
        var rotatedAt = NotLater(isKnown ? facts.Access.Status!.LastRotation : null, facts.Now);
        // Pods may remember the revisions of an earlier Secret of this name: beyond the first, go on from a number that none had.
        var revision = facts.Existing is { } predecessor ? predecessor.Revision + (SameContent(predecessor, data) ? 0 : 1)
            : facts.Access.Status is null ? 1 : facts.Now.ToUnixTimeSeconds();
        var secret = SecretProvisioningObjects.Secret(facts.Access, facts.Provider!, data, SecretProvisioningObjects.Annotations(issued, rotatedAt, facts.Now, revision));
        var note = isKnown && facts.Access.Status!.SecretRef?.Name == facts.Access.Spec.SecretName
            ? facts.Warning(SecretProvisioningReasons.SecretRepaired, $"Secret {facts.Access.Spec.SecretName} was gone; it is back with the current credential. To end the access, delete the LLMAccess.")
            : null;
        return new([new CreateObject(SecretProvisioningObjects.Reference(facts.Access), secret)], Conditions.Truncate(rotatedAt), note);
    }

    /// <summary>A stamp from the future would move nextRotation on, and the status with it, at every look: it is not believed.</summary>
    private static DateTimeOffset NotLater(DateTimeOffset? stamp, DateTimeOffset now) => stamp is { } at && !RotationSchedule.IsFromTheFuture(at, now) ? at : now;

    private static bool SameContent(ObservedSecret existing, IReadOnlyDictionary<string, SecretValue> data) =>
        CredentialSecret.SameContent(existing.Digests, data) && !HasStaleBaseUrl(existing, data);

    /// <summary>Ours to give and ours to take away. Keys of other names that somebody added are not.</summary>
    private static bool HasStaleBaseUrl(ObservedSecret existing, IReadOnlyDictionary<string, SecretValue> data) =>
        existing.Digests?.ContainsKey(CredentialNames.BaseUrlKey) == true && !data.ContainsKey(CredentialNames.BaseUrlKey);

    private static IReadOnlyList<Write> Update(ObservedSecret existing, DesiredObject desired, IReadOnlyDictionary<string, SecretValue> data, bool sameContent, LLMAccess access, LLMProvider provider, IReadOnlyDictionary<string, string> annotations)
    {
        if (existing.Immutable && !sameContent)
        {
            return [new DeleteObject(existing.Reference), new CreateObject(SecretProvisioningObjects.Reference(access), desired)];
        }

        var writes = new List<Write>();
        var sameMetadata = SecretProvisioningObjects.Labels(access, provider).All(l => existing.Metadata.Label(l.Key) == l.Value) && annotations.All(a => existing.Metadata.Annotation(a.Key) == a.Value);
        if (!sameContent || !sameMetadata)
        {
            writes.Add(new ApplyObject(existing.Reference, desired));
        }

        if (HasStaleBaseUrl(existing, data))
        {
            writes.Add(new RemoveFields(existing.Reference with { ResourceVersion = null }, [$"/data/{CredentialNames.BaseUrlKey}"]));
        }

        return writes;
    }

    private static Note ChangeNote(SecretProvisioningFacts facts, ObservedSecret existing, IReadOnlyDictionary<string, SecretValue> data)
    {
        var secret = facts.Access.Spec.SecretName;
        var keys = data.Where(d => existing.Digests?.GetValueOrDefault(d.Key) != d.Value.Digest).Select(d => d.Key)
            .Concat(HasStaleBaseUrl(existing, data) ? [CredentialNames.BaseUrlKey] : []).ToArray();
        var credentialTouched = keys.Contains(CredentialNames.ApiKey, StringComparer.Ordinal);
        return credentialTouched
            ? facts.Warning(SecretProvisioningReasons.SecretRepaired, $"Secret {secret} was changed by somebody else (apiKey); the issued credential is back in place. To hand out another key, change the master Secret of LLMProvider {facts.Provider!.Metadata.Name}.")
            : facts.Normal(SecretProvisioningReasons.CredentialUpdated, $"Secret {secret} brought up to date ({(keys.Length == 0 ? "metadata" : string.Join(", ", keys))}).");
    }
}
