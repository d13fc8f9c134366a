using System.Text.Json.Nodes;
using AgentWarden.FunctionsHost;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>
/// The published functions under the stand-in of the Functions host, on a real API server. The event bridge is off: only triggers lead to looks.
/// </summary>
internal sealed class HostScene : IAsyncDisposable
{
    private const string SharedToken = "agreed-with-the-sender";

    public static readonly (string Name, string Value) Authorization = ("Authorization", $"Bearer {SharedToken}");

    private HostScene(FunctionsHostStandIn host) => (Host, Caller) = (host, new(host.Address));

    public FunctionsHostStandIn Host { get; }

    public HostCaller Caller { get; }

    /// <param name="kubeconfig">Of the API server.</param>
    /// <param name="more">Settings beside those of every test.</param>
    public static async Task<HostScene> StartAsync(string kubeconfig, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KUBECONFIG"] = kubeconfig,
            ["AGENTWARDEN_BRIDGE"] = "false",
            ["AGENTWARDEN_EVENT_TOKEN"] = SharedToken,
            ["AGENTWARDEN_QUEUE_NAME"] = "agent-warden-events",
            // Nobody answers there, which the listeners take as queues that are away.
            ["AzureWebJobsStorage"] = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/a",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return new(await FunctionsHostStandIn.StartAsync(await PublishedFunctionApp.FolderAsync(), settings));
    }

    /// <summary>Posts an event as a sender with the shared token.</summary>
    public Task<HostAnswer> PostAsync(string path, string body, string contentType = "application/cloudevents+json") =>
        Caller.CallAsync("POST", path, body, contentType, Authorization);

    /// <summary>What an admission review of a pod was answered with.</summary>
    public async Task<JsonObject> ReviewAsync(string ns, string uid)
    {
        var answer = await Caller.CallAsync("POST", "/admission/pods/credentials", Reviews.OfPod(ns, uid));
        Assert.True(answer.Status == 200, answer.Body);
        return JsonNode.Parse(answer.Body)!["response"]!.AsObject();
    }

    /// <summary>Waits until the functions have heard of the access: then its variable is in a pod that it selects.</summary>
    public Task InjectsAsync(string ns) => Guide.UntilAsync<JsonObject>(
        async () => await ReviewAsync(ns, "first"), r => r["patch"] is not null, r => $"the pod is not injected: {r}");

    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await Host.DisposeAsync();
    }
}
