using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Puts manifests into a cluster by server-side apply: run again, it changes nothing.</summary>
internal sealed class Installer(KubernetesClient api)
{
    public const string FieldManager = "agent-warden-install";

    private readonly KindFinder _kinds = new(api);
    private readonly DefinitionWait _definitions = new(api);

    /// <summary>The CRDs, until they are served, then the namespace and RBAC. The webhooks are not among them: they need to know where the functions are.</summary>
    public Task<InstallReport> InstallAsync(IProgress<string>? progress, CancellationToken cancellation) =>
        ApplyAsync([.. Manifests.CustomResourceDefinitions(), .. Manifests.Access()], progress, cancellation);

    /// <summary>Any objects: definitions first, the others in their order. Stops at the first that is refused.</summary>
    /// <exception cref="InstallException">A kind is not served, or a namespace is missing.</exception>
    /// <exception cref="KubernetesException">The API server refused an object.</exception>
    public async Task<InstallReport> ApplyAsync(IReadOnlyList<JsonObject> objects, IProgress<string>? progress, CancellationToken cancellation)
    {
        var done = new List<InstalledObject>(objects.Count);
        var definitions = objects.Where(IsDefinition).ToList();
        var server = definitions.Count > 0 ? await api.GetServerVersionAsync(cancellation) : null;
        foreach (var definition in definitions)
        {
            done.Add(await ApplyOneAsync(DefinitionFitting.Fit(definition, server!), progress, cancellation));
        }

        foreach (var definition in definitions)
        {
            await _definitions.UntilServedAsync(definition, cancellation);
        }

        foreach (var other in objects.Where(o => !IsDefinition(o)))
        {
            done.Add(await ApplyOneAsync(other, progress, cancellation));
        }

        return new InstallReport(done);
    }

    /// <summary>Whether this cluster can store such an object: whether <c>kagent.dev/v1alpha2</c> <c>ModelConfig</c> is installed, for example.</summary>
    public async Task<bool> IsServedAsync(JsonObject manifest, CancellationToken cancellation) =>
        await _kinds.FindAsync((string)manifest["apiVersion"]!, (string)manifest["kind"]!, cancellation) is { } kind
        && (kind.Group.Length == 0 || await IsListedAsync(kind, cancellation));

    private async Task<bool> IsListedAsync(ResourceKind kind, CancellationToken cancellation)
    {
        try
        {
            await api.SendAsync(HttpMethod.Get, $"{kind.CollectionPath()}?limit=1", contentType: null, default, cancellation);
            return true;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private async Task<InstalledObject> ApplyOneAsync(JsonObject manifest, IProgress<string>? progress, CancellationToken cancellation)
    {
        var target = await TargetAsync(manifest, cancellation);
        var before = await api.GetAsync(target.Kind, target.Namespace, target.Name, ObjectMetaJson.Default.MetadataOnly, cancellation);
        var after = await api.ApplyAsync(target.Kind, target.Namespace, target.Name, subresource: null, FieldManager, Encoding.UTF8.GetBytes(manifest.ToJsonString()), cancellation);
        var result = before is null ? InstallResult.Created : before.Metadata.ResourceVersion == after.ResourceVersion ? InstallResult.Unchanged : InstallResult.Changed;
        var installed = new InstalledObject(target, result);
        progress?.Report(installed.ToString());
        return installed;
    }

    private async Task<ObjectReference> TargetAsync(JsonObject manifest, CancellationToken cancellation)
    {
        var (apiVersion, kindName, metadata) = ((string)manifest["apiVersion"]!, (string)manifest["kind"]!, manifest["metadata"]!);
        var name = (string)metadata["name"]!;
        var kind = await _kinds.FindAsync(apiVersion, kindName, cancellation)
            ?? throw new InstallException($"{kindName} {name}: this cluster does not serve {kindName} of {apiVersion}. Install its CustomResourceDefinition first.");
        var ns = (string?)metadata["namespace"];
        return kind.Namespaced && string.IsNullOrEmpty(ns)
            ? throw new InstallException($"{kindName} {name}: metadata.namespace is missing. Say where it belongs.")
            : new ObjectReference(kind, kind.Namespaced ? ns : null, name);
    }

    private static bool IsDefinition(JsonObject manifest) => (string?)manifest["kind"] == KubernetesKinds.CustomResourceDefinition.Kind;
}
