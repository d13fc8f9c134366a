using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.SecretProvisioning;

/// <summary>What becomes of one LLMAccess: its Secret is created, kept current, repaired, or revoked, and its status says why.</summary>
internal static class SecretProvisioningDecision
{
    /// <summary>A Secret that is known only from our own write is looked at again: it could be gone already.</summary>
    private static readonly TimeSpan ConfirmAfter = TimeSpan.FromSeconds(3);

    public static Plan Decide(SecretProvisioningFacts facts)
    {
        // The garbage collector takes the Secret of a deleted access; in a dying namespace nothing can be written.
        if (facts.Access.Metadata.DeletionTimestamp is not null || facts.NamespaceTerminating)
        {
            return Plan.Nothing;
        }

        if (SecretProvisioningChecks.DeniedWhen.FirstFinding(facts) is { } denial)
        {
            return Revoke(facts, denial);
        }

        return SecretProvisioningChecks.HeldUpWhen.FirstFinding(facts) is { } obstacle ? HoldUp(facts, obstacle) : Provision(facts);
    }

    private static Plan Revoke(SecretProvisioningFacts facts, Finding denial)
    {
        var ours = facts.Existing is { Metadata: { DeletionTimestamp: null } secret } && (CredentialSecret.IsOwnedBy(secret, facts.Access.Metadata) || CredentialSecret.IsOfNamesake(secret, facts.Access.Metadata)) ? facts.Existing : null;
        var writes = Delete(facts.Leftovers.Concat(ours is null ? [] : [ours.Reference]));
        var status = SecretProvisioningStatus.Denied(facts, denial);
        var notes = new List<Note>();
        if (writes.Count > 0)
        {
            notes.Add(Warning(facts, SecretProvisioningReasons.AccessRevoked, $"Secret {string.Join(", ", writes.Select(w => w.Target.Name))} deleted. {denial.Message}"));
        }
        else if (status.Announces(SecretProvisioningReasons.AccessGranted))
        {
            notes.Add(Warning(facts, denial.Reason, denial.Message));
        }

        return new(new Outcome.Done()) { Writes = writes, Status = status.Write, Notes = notes };
    }

    private static Plan HoldUp(SecretProvisioningFacts facts, Finding obstacle)
    {
        var status = SecretProvisioningStatus.HeldUp(facts, obstacle);
        return new(new Outcome.Done())
        {
            Status = status.Write,
            Notes = status.Announces(SecretProvisioningReasons.Ready) ? [Warning(facts, obstacle.Reason, obstacle.Message)] : [],
        };
    }

    private static Plan Provision(SecretProvisioningFacts facts)
    {
        var change = SecretChange(facts);
        var schedule = RotationSchedule.Of(facts.Provider!, facts.Access);
        var status = SecretProvisioningStatus.Provisioned(facts, schedule, change.RotatedAt);
        var notes = change.Note is null ? new List<Note>() : [change.Note];
        if (change.Note is null && status.Announces(SecretProvisioningReasons.CredentialProvisioned))
        {
            // Also after a stop between the Secret and the status: the Event belongs to the status it explains.
            notes.Add(new(Regarding(facts), Note.Normal, SecretProvisioningReasons.Provisioned, $"Secret {facts.Access.Spec.SecretName} holds the credential of LLMProvider {facts.Provider!.Metadata.Name}{Models(facts)}."));
        }

        if (IsRotated(facts, change.RotatedAt))
        {
            notes.Add(new(Regarding(facts), Note.Normal, SecretProvisioningReasons.CredentialRotated, $"Secret {facts.Access.Spec.SecretName} took the current master key of LLMProvider {facts.Provider!.Metadata.Name}."));
        }

        if (facts.Leftovers.Count > 0)
        {
            notes.Add(new(Regarding(facts), Note.Normal, SecretProvisioningReasons.SecretRenamed, $"Secret {string.Join(", ", facts.Leftovers.Select(l => l.Name))} deleted: spec.secretName is now {facts.Access.Spec.SecretName}."));
        }

        if (status.Announces(SecretProvisioningReasons.RotationScheduled) && status.Find(SecretProvisioningReasons.RotationScheduled) is { Reason: not (SecretProvisioningReasons.Scheduled or SecretProvisioningReasons.RotationDisabled) } fault)
        {
            notes.Add(Warning(facts, fault.Reason, fault.Message));
        }

        // New before old: a workload that follows the rename always finds one of the two.
        var confirmAt = facts.Existing is { IsUnconfirmed: true } ? facts.Now + ConfirmAfter : (DateTimeOffset?)null;
        return new(Outcome.LookAt(confirmAt ?? status.LookAgainAt)) { Writes = [.. change.Writes, .. Delete(facts.Leftovers)], Status = status.Write, Notes = notes };
    }

    private static (IReadOnlyList<Write> Writes, DateTimeOffset RotatedAt, Note? Note) SecretChange(SecretProvisioningFacts facts)
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
            var (creation, startedAt, note) = Create(facts, data, issued);
            return ([new DeleteObject(existing.Reference), .. creation], startedAt, note);
        }

        var sameContent = CredentialSecret.SameContent(existing.Digests, data) && !HasStaleBaseUrl(existing, data);
        var isRotation = existing.Digests?.GetValueOrDefault(CredentialNames.ApiKey) != credential.Digest && existing.Metadata.Annotation(CredentialNames.IssuedDigest) != issued;
        var rotatedAt = isRotation ? facts.Now : NotLater(existing.RotatedAt ?? access.Status?.LastRotation ?? existing.Metadata.CreationTimestamp, facts.Now);
        var changedAt = sameContent ? NotLater(KubernetesTime.Parse(existing.Metadata.Annotation(CredentialNames.ChangedAt)) ?? rotatedAt, facts.Now) : facts.Now;
        var annotations = SecretProvisioningObjects.Annotations(issued, rotatedAt, changedAt, existing.Revision + (sameContent ? 0 : 1));
        var desired = SecretProvisioningObjects.Secret(access, provider, data, annotations);
        var writes = Update(existing, desired, data, sameContent, access, provider, annotations);
        return (writes, Conditions.Truncate(rotatedAt), writes.Count == 0 || isRotation ? null : ChangeNote(facts, existing, data));
    }

    private static (IReadOnlyList<Write> Writes, DateTimeOffset RotatedAt, Note? Note) Create(SecretProvisioningFacts facts, IReadOnlyDictionary<string, SecretValue> data, string issued)
    {
        // A Secret that was provisioned and is gone comes back, or has a new name: the same credential, so no rotation.
        var isKnown = Conditions.IsTrue(facts.Access.Status?.Conditions, SecretProvisioningReasons.CredentialProvisioned);
        var rotatedAt = NotLater(isKnown ? facts.Access.Status!.LastRotation : null, facts.Now);
        // Pods may remember the revisions of an earlier Secret of this name: beyond the first, go on from a number that none had.
        var revision = facts.Existing is { } predecessor ? predecessor.Revision + (CredentialSecret.SameContent(predecessor.Digests, data) ? 0 : 1)
            : facts.Access.Status is null ? 1 : facts.Now.ToUnixTimeSeconds();
        var secret = SecretProvisioningObjects.Secret(facts.Access, facts.Provider!, data, SecretProvisioningObjects.Annotations(issued, rotatedAt, facts.Now, revision));
        var note = isKnown && facts.Access.Status!.SecretRef?.Name == facts.Access.Spec.SecretName
            ? Warning(facts, SecretProvisioningReasons.SecretRepaired, $"Secret {facts.Access.Spec.SecretName} was gone; it is back with the current credential. To end the access, delete the LLMAccess.")
            : null;
        return ([new CreateObject(SecretProvisioningObjects.Reference(facts.Access), secret)], Conditions.Truncate(rotatedAt), note);
    }

    /// <summary>A stamp from the future would move nextRotation on, and the status with it, at every look: it is not believed.</summary>
    private static DateTimeOffset NotLater(DateTimeOffset? stamp, DateTimeOffset now) => stamp is { } at && !RotationSchedule.IsFromTheFuture(at, now) ? at : now;

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
            ? Warning(facts, SecretProvisioningReasons.SecretRepaired, $"Secret {secret} was changed by somebody else (apiKey); the issued credential is back in place. To hand out another key, change the master Secret of LLMProvider {facts.Provider!.Metadata.Name}.")
            : new(Regarding(facts), Note.Normal, SecretProvisioningReasons.CredentialUpdated, $"Secret {secret} brought up to date ({(keys.Length == 0 ? "metadata" : string.Join(", ", keys))}).");
    }

    /// <summary>The stamp has moved since the status was written, whoever moved it: SecretRotation on schedule, or this look for a new master key.</summary>
    private static bool IsRotated(SecretProvisioningFacts facts, DateTimeOffset rotatedAt) =>
        facts.Access.Status?.LastRotation is { } known && rotatedAt > known && Conditions.IsTrue(facts.Access.Status.Conditions, SecretProvisioningReasons.CredentialProvisioned);

    private static List<Write> Delete(IEnumerable<ObjectReference> secrets) => [.. secrets.Select(s => new DeleteObject(s))];

    private static string Models(SecretProvisioningFacts facts) => facts.Access.Spec.Models is { Count: > 0 } models ? $" for {string.Join(", ", models)}" : "";

    private static ObjectReference Regarding(SecretProvisioningFacts facts) => ObjectReference.To(CredentialKinds.LLMAccess, facts.Access.Metadata);

    private static Note Warning(SecretProvisioningFacts facts, string reason, string message) => new(Regarding(facts), Note.Warning, reason, message);
}
