using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Waits until the API server serves what a CustomResourceDefinition defines: accepted is not yet served.</summary>
internal sealed class DefinitionWait(KubernetesClient api)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>An API server takes well below a second; longer than this is a fault that waiting does not cure.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <exception cref="InstallException">Its names are taken, or it is not served in time.</exception>
    public async Task UntilServedAsync(JsonObject definition, CancellationToken cancellation)
    {
        var name = (string)definition["metadata"]!["name"]!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var waitsFor = "its condition Established";
        try
        {
            while (!await IsEstablishedAsync(name, limit.Token))
            {
                await Task.Delay(Pause, limit.Token);
            }

            foreach (var kind in Served(definition))
            {
                waitsFor = $"{kind.Version} to be served";
                while (!await IsServedAsync(kind, limit.Token))
                {
                    await Task.Delay(Pause, limit.Token);
                }
            }
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new InstallException($"CustomResourceDefinition {name}: waited {Patience.TotalSeconds:0} s in vain for {waitsFor}. See 'kubectl describe crd {name}'.", e);
        }
    }

    private async Task<bool> IsEstablishedAsync(string name, CancellationToken cancellation)
    {
        var answer = await api.SendAsync(HttpMethod.Get, KubernetesKinds.CustomResourceDefinition.ObjectPath(ns: null, name), contentType: null, default, cancellation);
        var conditions = (JsonNode.Parse(answer)?["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>().ToLookup(c => (string?)c["type"], StringComparer.Ordinal);
        if (conditions["NamesAccepted"].FirstOrDefault(c => (string?)c["status"] == "False") is { } refused)
        {
            throw new InstallException($"CustomResourceDefinition {name}: its names are not accepted: {(string?)refused["message"]}. Another definition has taken them; remove one of the two.");
        }

        return conditions["Established"].Any(c => (string?)c["status"] == "True");
    }

    private async Task<bool> IsServedAsync(ResourceKind kind, CancellationToken cancellation)
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
        catch (KubernetesException e) when (e.IsForbidden)
        {
            // Who may install need not be allowed to read: it is at least known.
            return true;
        }
    }

    private static IEnumerable<ResourceKind> Served(JsonObject definition)
    {
        var spec = definition["spec"]!;
        return spec["versions"]!.AsArray().Where(v => (bool?)v!["served"] == true).Select(v =>
            new ResourceKind((string)spec["group"]!, (string)v!["name"]!, (string)spec["names"]!["plural"]!, (string)spec["names"]!["kind"]!, (string?)spec["scope"] == "Namespaced"));
    }
}
