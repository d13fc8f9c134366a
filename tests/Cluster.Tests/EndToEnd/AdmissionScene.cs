using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Platform.Composition.Installing;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>All functions behind their webhooks, with a namespace and a provider of the same name; the webhooks go when it ends.</summary>
internal sealed class AdmissionScene : IAsyncDisposable
{
    private readonly ControlPlaneFixture _cluster;
    private readonly LocalWebhooks _webhooks;
    private int _probes;

    private AdmissionScene(ControlPlaneFixture cluster, string ns, Warden warden)
    {
        (_cluster, Namespace, Warden) = (cluster, ns, warden);
        _webhooks = new(cluster.Client, warden.Admission);
    }

    public string Namespace { get; }

    public Warden Warden { get; }

    public static async Task<AdmissionScene> StartAsync(ControlPlaneFixture cluster)
    {
        var ns = await cluster.NewNamespaceAsync("team");
        var guide = new Guide(cluster.Client);
        await guide.MasterAsync(ns, "master", Guide.Key);
        await guide.ProviderAsync(ns, ns, "master");
        var scene = new AdmissionScene(cluster, ns, await Warden.StartAsync(cluster.Connection));
        await scene._webhooks.InstallAsync(scene.Warden.Certificate.CaBundlePem, null, default);
        // The API server learns of a new webhook configuration by its own watch.
        await scene.UntilAsync(called: true);
        return scene;
    }

    /// <summary>Creates the pod, and returns it as the API server stored it.</summary>
    public async Task<JsonNode> CreateAsync(JsonObject pod, string query = "")
    {
        var (path, body) = (KubernetesKinds.Pod.CollectionPath(Namespace) + query, Encoding.UTF8.GetBytes(pod.ToJsonString()));
        return JsonNode.Parse(await _cluster.Client.SendAsync(HttpMethod.Post, path, "application/json", body, default))!;
    }

    public async ValueTask DisposeAsync()
    {
        await _webhooks.RemoveAsync(null, default);
        // Until the API server has learnt of that too, the next test's writes would be refused for want of an answer.
        await UntilAsync(called: false);
        await Warden.DisposeAsync();
    }

    private Task UntilAsync(bool called) => Guide.UntilAsync(
        async () => await ProbeIsRefusedAsync() == called ? "so it is" : null,
        _ => true,
        _ => called ? "the webhooks are not called" : "the webhooks are still called");

    /// <summary>
    /// Asks for what only the webhook refuses: newer servers judge by the definition's rules first. A new name each time, since an
    /// unchanged spec is always allowed.
    /// </summary>
    /// <returns>Null when the webhook was called and did not answer in time, as on a machine that is very busy.</returns>
    private async Task<bool?> ProbeIsRefusedAsync()
    {
        try
        {
            await new Guide(_cluster.Client).AccessAsync(Namespace, $"probe-{_probes++}", Namespace, $"probe-{_probes}", s =>
            {
                s.Remove("workloadSelector");
                var variable = new JsonObject { ["name"] = "A", ["secretKey"] = "no-such-key" };
                s["injection"] = new JsonObject { ["env"] = new JsonArray(variable) };
            });
            return false;
        }
        catch (KubernetesException refused) when (refused.IsForbidden || refused.IsInvalid)
        {
            return refused.Message.Contains("admission webhook", StringComparison.Ordinal);
        }
        catch (KubernetesException busy) when (busy.IsTransient)
        {
            return null;
        }
    }
}
