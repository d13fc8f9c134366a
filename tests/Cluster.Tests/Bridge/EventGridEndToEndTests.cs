using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.FunctionsHost;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Tests.Platform.EventBridge.Sinks;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The bridge process, a topic that keeps Event Grid's rules, and functions that get what it delivers: often, in any order, until they took it.</summary>
[Collection(BrokersCollection.Name)]
public sealed class EventGridEndToEndTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private const int Many = 100;
    private const string SharedToken = "token-of-the-subscription";

    private EventGridTopicStandIn _topic = null!;
    private BrokerScene _scene = null!;

    public async Task InitializeAsync()
    {
        _topic = await EventGridTopicStandIn.StartAsync();
        // The bridge's first request is answered that the topic is busy.
        _topic.Refusals.Enqueue((503, "1"));
        _scene = await BrokerScene.StartAsync(cluster, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AGENTWARDEN_SINK"] = "eventgrid",
            ["AGENTWARDEN_EVENTGRID_ENDPOINT"] = _topic.Endpoint.AbsoluteUri,
            ["AGENTWARDEN_EVENTGRID_KEY"] = EventGridTopicStandIn.Key,
        });
    }

    public async Task DisposeAsync()
    {
        await (_scene?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _topic.DisposeAsync();
    }

    [Fact]
    public async Task The_webhook_of_a_Functions_host_provisions_every_access_once_however_events_come()
    {
        var settings = _scene.App();
        settings["AGENTWARDEN_EVENT_TOKEN"] = SharedToken;
        foreach (var function in (string[])["SecretProvisioning", "SecretRotation", "ProviderReconciliation", "CredentialPropagation"])
        {
            // Events come by the webhook, and there is no storage account.
            settings[$"AzureWebJobs.{function}Queue.Disabled"] = "true";
        }

        await using var host = await FunctionsHostStandIn.StartAsync(await PublishedFunctionApp.FolderAsync(), settings);
        using var http = new HttpClient();
        await ShakeHandsAsync(http, host.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(http, host.Address, "another", []));
        await using var subscription = new EventGridSubscription(
            _topic, async events => await PostAsync(http, host.Address, SharedToken, events) is HttpStatusCode.OK);
        await ProvisionAndRotateAsync(subscription, host.KillWorkerAsync);
    }

    [Fact]
    public async Task A_webhook_that_said_that_it_wants_them_provisions_every_access_once_however_events_come()
    {
        using var functions = WardenChild.Functions(cluster.Plane.KubeconfigPath, new Dictionary<string, string>(_scene.Reporting(), StringComparer.Ordinal) { ["AGENTWARDEN_EVENT_TOKEN"] = SharedToken });
        functions.Start();
        await functions.ReadyAsync();
        using var http = new HttpClient();
        await ShakeHandsAsync(http, functions.Http);
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(http, functions.Http, "another", []));
        await using var subscription = new EventGridSubscription(_topic, async events => await PostAsync(http, functions.Http, SharedToken, events) is HttpStatusCode.OK);
        await ProvisionAndRotateAsync(subscription, async () =>
        {
            functions.Kill();
            functions.Start();
            await functions.ReadyAsync();
        });
    }

    private async Task ProvisionAndRotateAsync(EventGridSubscription subscription, Func<Task> killAsync)
    {
        var creating = _scene.Accesses.CreateAsync(Many);
        await _scene.Accesses.ReadyAsync(Many / 10);
        await killAsync();
        await creating;
        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");
        await _scene.NoBacklogAsync();

        await _scene.Accesses.SetMasterAsync("sk-ant-another");
        await _scene.Accesses.AllHoldAsync("sk-ant-another", revision: "2");
        await _scene.NoBacklogAsync();
        Assert.Empty(_topic.Faults);
        Assert.Empty(_topic.Refusals);
        Assert.NotEqual(0, subscription.Refused);
        Assert.NotEqual(0, subscription.Twice);
    }

    /// <summary>As Event Grid asks before it delivers anything (CloudEvents HTTP webhooks, section 4).</summary>
    private static async Task ShakeHandsAsync(HttpClient http, Uri functions)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri(functions, "events"));
        request.Headers.Add("WebHook-Request-Origin", "eventgrid.azure.net");
        using var answer = await http.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, "eventgrid.azure.net"), (answer.StatusCode, Assert.Single(answer.Headers.GetValues("WebHook-Allowed-Origin"))));
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, Uri functions, string token, JsonNode[] events)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(functions, "events")) { Content = new StringContent(new JsonArray(events).ToJsonString(), Encoding.UTF8) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse($"{MediaTypes.Batch}; charset=utf-8");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
