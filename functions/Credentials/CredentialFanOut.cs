using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Credentials;

/// <summary>Which accesses a change of something else concerns.</summary>
internal static class CredentialFanOut
{
    public static IReadOnlyList<ObjectReference> AccessesConcernedBy(ObjectReference changed, ICredentialCaches caches)
    {
        IEnumerable<LLMAccess> accesses = changed.Kind switch
        {
            var kind when kind == CredentialKinds.LLMProvider => caches.AccessesOf(changed.Name),
            var kind when kind == KubernetesKinds.Namespace => caches.Accesses.InNamespace(changed.Name),
            // A Secret is a master, or it has, or had, the name that an access wants.
            var kind when kind == KubernetesKinds.Secret => caches.ProvidersWithMaster(changed.Key).SelectMany(p => caches.AccessesOf(p.Metadata.Name)).Concat(caches.AccessesNaming(changed.Key)),
            _ => [],
        };
        // Without a version: what changed was not the access, and the copy of it is as good as any.
        return [.. accesses.Select(a => new ObjectReference(CredentialKinds.LLMAccess, a.Metadata.Namespace, a.Metadata.Name)).Distinct()];
    }
}
