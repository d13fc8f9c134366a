using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.SecretRotation;

/// <summary>Rotates a credential when it is due, and otherwise says when it will be.</summary>
/// <remarks>
/// Only strategy recreateSecret is carried out here. The rotation is one write of the Secret, with the new stamp in it;
/// SecretProvisioning derives lastRotation, nextRotation and the Event from the stamp, so a stop in between loses nothing.
/// The Secret's version is a precondition: of two that rotate at once, one is refused and then sees that it is done.
/// </remarks>
internal static class SecretRotationDecision
{
    public static Plan Decide(SecretRotationFacts facts)
    {
        if (facts is not { Provider: { } provider, Existing: { } existing } || facts.Access.Metadata.DeletionTimestamp is not null || !CredentialSecret.BelongsTo(existing.Metadata, facts.Access.Metadata))
        {
            // Provisioning creates, refuses or revokes; then the Secret changes, and with it comes another look.
            return Plan.Nothing;
        }

        if (DueAt(provider, facts.Access, existing.Metadata, facts.Now) is not { } due)
        {
            return Plan.Nothing;
        }

        if (due > facts.Now)
        {
            return new(new Outcome.LookAgain(due));
        }

        var schedule = RotationSchedule.Of(provider, facts.Access);

        // An unusable master key is reported by provisioning; when it is mended, its Secret's change brings us back here.
        return facts.Master.Check(provider) is null && facts.Master.Credential is { } credential ? Rotate(facts, existing, credential, schedule) : Plan.Nothing;
    }

    /// <summary>When this Secret is due for a rotation that is carried out here, or null. Metadata is enough to tell.</summary>
    public static DateTimeOffset? DueAt(LLMProvider provider, LLMAccess access, ObjectMeta secret, DateTimeOffset now) =>
        RotationSchedule.Of(provider, access) is { Enabled: true, Strategy: ProviderRotation.RecreateSecret } schedule && new ObservedSecret { Metadata = secret }.RotatedAt is { } last
            ? schedule.Next(last, now)
            : null;

    private static Plan Rotate(SecretRotationFacts facts, ObservedSecret existing, SecretValue credential, RotationSchedule schedule)
    {
        var isNew = existing.Digests?.GetValueOrDefault(CredentialNames.ApiKey) != credential.Digest;
        if (isNew && existing.Immutable)
        {
            // Only replacing it can change its data; provisioning does that, and the new Secret brings another look.
            return Plan.Nothing;
        }

        return new(new Outcome.LookAgain(schedule.Next(facts.Now, facts.Now)!.Value))
        {
            Writes = [new ApplyObject(existing.Reference, Rotated(facts, existing, credential, isNew))],
        };
    }

    private static DesiredObject Rotated(SecretRotationFacts facts, ObservedSecret existing, SecretValue credential, bool isNew)
    {
        // All four every time: an apply takes away what its manager applied before and leaves out now, and the revision must not start over.
        var annotations = new JsonObject
        {
            [CredentialNames.RotatedAt] = KubernetesTime.Format(facts.Now),
            [CredentialNames.IssuedDigest] = CredentialSecret.IssuedDigest(credential, facts.Access.Metadata),
            [CredentialNames.ChangedAt] = isNew ? KubernetesTime.Format(facts.Now) : existing.Metadata.Annotation(CredentialNames.ChangedAt) ?? KubernetesTime.Format(existing.RotatedAt!.Value),
            [CredentialNames.Revision] = (existing.Revision + (isNew ? 1 : 0)).ToString(),
        };

        return new(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } })
        {
            SecretData = new Dictionary<string, SecretValue>(StringComparer.Ordinal) { [CredentialNames.ApiKey] = credential },
        };
    }
}
