using AgentWarden.CredentialReading;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.SecretRotation;

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

        var provider = await reader.ProviderAsync(access.Spec.ProviderRef.Name, cancellation);
        if (provider?.Spec.Auth.ApiKey?.Rotation is not { Enabled: true })
        {
            // Nothing to decide: spare the reads of Secrets.
            return new() { Access = access, Provider = provider, Now = clock.GetUtcNow() };
        }

        return new()
        {
            Access = access,
            Provider = provider,
            Master = await reader.MasterKeyAsync(provider, cancellation),
            Existing = await reader.SecretOfAsync(access, cancellation),
            Now = clock.GetUtcNow(),
        };
    }

    /// <summary>Every access, for the sweep.</summary>
    public IEnumerable<ObjectReference> AllAccesses() => caches.Accesses.All().Select(a => new ObjectReference(CredentialKinds.LLMAccess, a.Metadata.Namespace, a.Metadata.Name));
}
