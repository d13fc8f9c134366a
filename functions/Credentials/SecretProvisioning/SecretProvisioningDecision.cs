using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.SecretProvisioning;

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
            notes.Add(facts.Warning(SecretProvisioningReasons.AccessRevoked, $"Secret {string.Join(", ", writes.Select(w => w.Target.Name))} deleted. {denial.Message}"));
        }
        else if (status.Announces(SecretProvisioningReasons.AccessGranted))
        {
            notes.Add(facts.Warning(denial.Reason, denial.Message));
        }

        return new(new Outcome.Done()) { Writes = writes, Status = status.Write, Notes = notes };
    }

    private static Plan HoldUp(SecretProvisioningFacts facts, Finding obstacle)
    {
        var status = SecretProvisioningStatus.HeldUp(facts, obstacle);
        return new(new Outcome.Done())
        {
            Status = status.Write,
            Notes = status.Announces(SecretProvisioningReasons.Ready) ? [facts.Warning(obstacle.Reason, obstacle.Message)] : [],
        };
    }

    private static Plan Provision(SecretProvisioningFacts facts)
    {
        var change = SecretProvisioningChange.Of(facts);
        var schedule = RotationSchedule.Of(facts.Provider!, facts.Access);
        var status = SecretProvisioningStatus.Provisioned(facts, schedule, change.RotatedAt);
        var notes = change.Note is null ? new List<Note>() : [change.Note];
        if (change.Note is null && status.Announces(SecretProvisioningReasons.CredentialProvisioned))
        {
            // Also after a stop between the Secret and the status: the Event belongs to the status it explains.
            notes.Add(facts.Normal(SecretProvisioningReasons.Provisioned, $"Secret {facts.Access.Spec.SecretName} holds the credential of LLMProvider {facts.Provider!.Metadata.Name}{Models(facts)}."));
        }

        if (IsRotated(facts, change.RotatedAt))
        {
            notes.Add(facts.Normal(SecretProvisioningReasons.CredentialRotated, $"Secret {facts.Access.Spec.SecretName} took the current master key of LLMProvider {facts.Provider!.Metadata.Name}."));
        }

        if (facts.Leftovers.Count > 0)
        {
            notes.Add(facts.Normal(SecretProvisioningReasons.SecretRenamed, $"Secret {string.Join(", ", facts.Leftovers.Select(l => l.Name))} deleted: spec.secretName is now {facts.Access.Spec.SecretName}."));
        }

        if (status.Announces(SecretProvisioningReasons.RotationScheduled) && status.Find(SecretProvisioningReasons.RotationScheduled) is { Reason: not (SecretProvisioningReasons.Scheduled or SecretProvisioningReasons.RotationDisabled) } fault)
        {
            notes.Add(facts.Warning(fault.Reason, fault.Message));
        }

        // New before old: a workload that follows the rename always finds one of the two.
        var confirmAt = facts.Existing is { IsUnconfirmed: true } ? facts.Now + ConfirmAfter : (DateTimeOffset?)null;
        return new(Outcome.LookAt(confirmAt ?? status.LookAgainAt)) { Writes = [.. change.Writes, .. Delete(facts.Leftovers)], Status = status.Write, Notes = notes };
    }

    /// <summary>The stamp has moved since the status was written, whoever moved it: SecretRotation on schedule, or this look for a new master key.</summary>
    private static bool IsRotated(SecretProvisioningFacts facts, DateTimeOffset rotatedAt) =>
        facts.Access.Status?.LastRotation is { } known && rotatedAt > known && Conditions.IsTrue(facts.Access.Status.Conditions, SecretProvisioningReasons.CredentialProvisioned);

    private static List<Write> Delete(IEnumerable<ObjectReference> secrets) => [.. secrets.Select(s => new DeleteObject(s))];

    private static string Models(SecretProvisioningFacts facts) => facts.Access.Spec.Models is { Count: > 0 } models ? $" for {string.Join(", ", models)}" : "";
}
