using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Webhooks that one process on this machine answers, for as long as it lives: left behind, they would block every pod.</summary>
/// <param name="api">The cluster.</param>
/// <param name="baseUrl">Where the process answers, for example <c>https://127.0.0.1:8443</c>.</param>
internal sealed class LocalWebhooks(KubernetesClient api, Uri baseUrl)
{
    private readonly Installer _installer = new(api);

    /// <summary>Once the process answers. Takes over from another local process, but never from an installation in the cluster.</summary>
    /// <exception cref="InstallException">The cluster has an installation of its own.</exception>
    public async Task<InstallReport> InstallAsync(string caBundlePem, IProgress<string>? progress, CancellationToken cancellation)
    {
        var webhooks = WebhookFitting.Fit(Manifests.Webhooks(), await api.GetServerVersionAsync(cancellation));
        var local = WebhookTargets.ForLocalProcess(webhooks, baseUrl, caBundlePem);
        foreach (var (kind, name) in local.Select(Identity))
        {
            if (await GetAsync(kind, name, cancellation) is { } present && WebhookTargets.LeadToService(present))
            {
                throw new InstallException($"{kind.Kind} {name} leads to a Service: Agent Warden is installed in this cluster, and a local process would take its place. Remove that installation first, or use another cluster.");
            }
        }

        return await _installer.ApplyAsync(local, progress, cancellation);
    }

    /// <summary>At shutdown, before the process stops answering. What leads elsewhere by now is left alone.</summary>
    public async Task<InstallReport> RemoveAsync(IProgress<string>? progress, CancellationToken cancellation)
    {
        var removed = new List<InstalledObject>();
        foreach (var (kind, name) in Manifests.Webhooks().Select(Identity))
        {
            if (await RemoveAsync(kind, name, cancellation))
            {
                removed.Add(new InstalledObject(new ObjectReference(kind, null, name), InstallResult.Removed));
                progress?.Report(removed[^1].ToString());
            }
        }

        return new InstallReport(removed);
    }

    private async Task<bool> RemoveAsync(ResourceKind kind, string name, CancellationToken cancellation)
    {
        while (await GetAsync(kind, name, cancellation) is { } present && WebhookTargets.LeadTo(present, baseUrl))
        {
            try
            {
                // This very version of it: somebody may be taking it over right now.
                var metadata = present["metadata"]!;
                return await api.DeleteAsync(kind, ns: null, name, new DeletePreconditions((string?)metadata["uid"], (string?)metadata["resourceVersion"]), cancellation);
            }
            catch (KubernetesException e) when (e.IsConflict)
            {
                // Somebody changed it: look again where it leads.
            }
        }

        return false;
    }

    private async Task<JsonObject?> GetAsync(ResourceKind kind, string name, CancellationToken cancellation)
    {
        try
        {
            return JsonNode.Parse(await api.SendAsync(HttpMethod.Get, kind.ObjectPath(ns: null, name), contentType: null, default, cancellation))?.AsObject();
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private static (ResourceKind Kind, string Name) Identity(JsonObject webhooks) =>
        ((string?)webhooks["kind"] == KubernetesKinds.MutatingWebhook.Kind ? KubernetesKinds.MutatingWebhook : KubernetesKinds.ValidatingWebhook, (string)webhooks["metadata"]!["name"]!);
}
