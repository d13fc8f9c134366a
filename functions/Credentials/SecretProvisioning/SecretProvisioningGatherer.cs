using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>Reads the facts about one access. In the steady state every answer comes from memory.</summary>
internal sealed class SecretProvisioningGatherer(CredentialReader reader, ICredentialCaches caches, TimeProvider clock)
{
    /// <summary>The facts, or null when the access is gone.</summary>
    public async Task<SecretProvisioningFacts?> GatherAsync(ObjectReference reference, CancellationToken cancellation)
    {
        if (await reader.AccessAsync(reference, cancellation) is not { } access)
        {
            return null;
        }

        var existing = await reader.SecretOfAsync(access, cancellation);
        if (existing is not null && CredentialSecret.IsOfNamesake(existing.Metadata, access.Metadata))
        {
            // Decided on an old copy, the Secret of the access that is there would be deleted for one that is gone.
            if (await reader.LiveAccessAsync(reference, cancellation) is not { } live)
            {
                return null;
            }

            access = live;
            existing = await reader.SecretOfAsync(access, cancellation);
        }

        var provider = await reader.ProviderAsync(access.Spec.ProviderRef.Name, cancellation);
        provider = provider?.Metadata.DeletionTimestamp is null ? provider : null;
        var ns = await reader.NamespaceAsync(access.Metadata.Namespace!, cancellation);
        return new()
        {
            Access = access,
            Provider = provider,
            NamespaceLabels = ns?.Labels,
            NamespaceTerminating = ns is null or { DeletionTimestamp: not null },
            Master = await reader.MasterKeyAsync(provider, cancellation),
            Existing = existing,
            Leftovers = LeftoversOf(access),
            Now = clock.GetUtcNow(),
        };
    }

    /// <summary>Takes note of what was written, so that the next look does not mistake an older copy for the state of the cluster.</summary>
    public void Wrote(LLMAccess access, Plan plan, AppliedPlan applied)
    {
        if (applied.Status is { } status)
        {
            reader.WroteAccess(access.Metadata, status);
        }

        for (var i = 0; i < applied.Writes.Count; i++)
        {
            switch (plan.Writes[i])
            {
                case CreateObject create when applied.Writes[i] is { } metadata:
                    reader.CreatedSecret(create, metadata);
                    break;
                case DeleteObject delete:
                    reader.DeletedSecret(delete.Target);
                    break;
            }
        }
    }

    private ObjectReference[] LeftoversOf(LLMAccess access) => [.. caches.SecretsOwnedBy(access.Metadata.Uid ?? "")
        .Where(s => s.Metadata.Name != access.Spec.SecretName && s.Metadata.DeletionTimestamp is null && !reader.IsDeleted(s.Metadata) && CredentialSecret.BelongsTo(s.Metadata, access.Metadata))
        .Select(s => ObjectReference.To(KubernetesKinds.Secret, s.Metadata))
        .OrderBy(s => s.Name, StringComparer.Ordinal)];
}
