using System.Collections.Frozen;
using System.Text.Json;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>The URL of a kind: from a table for what everyone has, from the API server's discovery for everything else.</summary>
internal sealed class KindFinder(KubernetesClient api)
{
    private static readonly FrozenDictionary<(string ApiVersion, string Kind), ResourceKind> Known = new ResourceKind[]
    {
        KubernetesKinds.Namespace, KubernetesKinds.Secret, KubernetesKinds.Pod, KubernetesKinds.Deployment, KubernetesKinds.StatefulSet, KubernetesKinds.DaemonSet,
        KubernetesKinds.MutatingWebhook, KubernetesKinds.ValidatingWebhook, KubernetesKinds.CustomResourceDefinition,
        CredentialKinds.LLMProvider, CredentialKinds.LLMAccess,
        new("", "v1", "configmaps", "ConfigMap", Namespaced: true),
        new("", "v1", "services", "Service", Namespaced: true),
        new("", "v1", "serviceaccounts", "ServiceAccount", Namespaced: true),
        new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", Namespaced: false),
        new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", Namespaced: false),
        new("rbac.authorization.k8s.io", "v1", "roles", "Role", Namespaced: true),
        new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", Namespaced: true),
    }.ToFrozenDictionary(k => (k.ApiVersion, k.Kind));

    private readonly Dictionary<(string ApiVersion, string Kind), ResourceKind> _discovered = [];

    /// <summary>Null when this API server does not serve the kind. A miss is asked again, since a CRD may have come by then.</summary>
    public async Task<ResourceKind?> FindAsync(string apiVersion, string kind, CancellationToken cancellation)
    {
        var key = (apiVersion, kind);
        if (Known.GetValueOrDefault(key) is { } known)
        {
            return known;
        }

        if (!_discovered.ContainsKey(key))
        {
            await DiscoverAsync(apiVersion, cancellation);
        }

        return _discovered.GetValueOrDefault(key);
    }

    private async Task DiscoverAsync(string apiVersion, CancellationToken cancellation)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        byte[] answer;
        try
        {
            answer = await api.SendAsync(HttpMethod.Get, $"{(slash < 0 ? "/api" : "/apis")}/{apiVersion}", contentType: null, default, cancellation);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return;
        }

        using var document = JsonDocument.Parse(answer);
        foreach (var resource in document.RootElement.GetProperty("resources").EnumerateArray())
        {
            var plural = resource.GetProperty("name").GetString()!;
            if (!plural.Contains('/', StringComparison.Ordinal))
            {
                var kind = resource.GetProperty("kind").GetString()!;
                _discovered[(apiVersion, kind)] = new ResourceKind(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], plural, kind, resource.GetProperty("namespaced").GetBoolean());
            }
        }
    }
}
