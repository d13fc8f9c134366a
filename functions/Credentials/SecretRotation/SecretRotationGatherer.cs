using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Credentials.SecretRotation;

/// <summary>Reads the facts about one access's rotation, mostly from memory.</summary>
internal sealed class SecretRotationGatherer(CredentialReader reader, ICredentialCaches caches, TimeProvider clock)
{
    /// <summary>The facts, or null when the access is gone.</summary>
    public async Task<SecretRotationFacts?> GatherAsync(ObjectReference reference, CancellationToken cancellation)
    {
        if (await reader.AccessAsync(reference, cancellation) is not { } access)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var provider = await reader.ProviderAsync(access.Spec.ProviderRef.Name, cancellation);
        if (provider?.Spec.Auth.ApiKey?.Rotation is not { Enabled: true })
        {
            // Nothing to decide: spare the reads of Secrets.
            return new() { Access = access, Provider = provider, Now = now };
        }

        // Until it is due its stamp is all that matters, and the watch has that: no Secret is read to find that nothing is to be done.
        var existing = await reader.SecretOfAsync(access, m => SecretRotationDecision.DueAt(provider, access, m, now) <= now, cancellation);
        var isDue = existing is not null && SecretRotationDecision.DueAt(provider, access, existing.Metadata, now) <= now;
        return new()
        {
            Access = access,
            Provider = provider,
            Master = isDue ? await reader.MasterKeyAsync(provider, cancellation) : new(),
            Existing = existing,
            Now = now,
        };
    }

    /// <summary>Every access, for the sweep.</summary>
    public IEnumerable<ObjectReference> AllAccesses() => caches.Accesses.All().Select(a => new ObjectReference(CredentialKinds.LLMAccess, a.Metadata.Namespace, a.Metadata.Name));
}
