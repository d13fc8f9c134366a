using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>What each trigger of a Functions host leads to in a cluster.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class FunctionsHostTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private const string Batch = "application/cloudevents-batch+json";

    private readonly Guide _guide = new(cluster.Client);
    private string _ns = null!;

    public async Task InitializeAsync()
    {
        _ns = await cluster.NewNamespaceAsync("team");
        await _guide.MasterAsync(_ns, "master", Guide.Key);
        await _guide.ProviderAsync(_ns, _ns, "master", s => s["auth"]!["apiKey"]!["rotation"]!["interval"] = "1h");
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_message_of_its_queue_provisions_the_secret_of_an_access()
    {
        await using var scene = await StartAsync();
        var text = SentEvents.Structured(_ns, "agent", "SecretProvisioning").ToJsonString();
        var invocation = await scene.Host.QueueMessageAsync("SecretProvisioningQueue", text);
        Assert.True(invocation.Succeeded, invocation.Error);
        // At once: the message is done when the look is.
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task A_message_for_another_function_provisions_nothing()
    {
        await using var scene = await StartAsync();
        var text = SentEvents.Structured(_ns, "agent", "CredentialPropagation").ToJsonString();
        Assert.True((await scene.Host.QueueMessageAsync("CredentialPropagationQueue", text)).Succeeded);
        Assert.Null(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task A_message_that_is_no_event_is_refused_so_that_it_ends_in_the_poison_queue()
    {
        await using var scene = await StartAsync();
        Assert.False((await scene.Host.QueueMessageAsync("SecretProvisioningQueue", "hello")).Succeeded);
        Assert.False((await scene.Host.QueueMessageAsync("SecretProvisioningQueue", """{"a":1,"b":{"c":2}}""")).Succeeded);
    }

    [Theory]
    [InlineData("/events")]
    [InlineData("/events/secretprovisioning")]
    public async Task A_structured_event_provisions_at_the_common_route_and_at_the_functions_own(string path)
    {
        await using var scene = await StartAsync();
        var answer = await scene.PostAsync(path, SentEvents.Structured(_ns, "agent").ToJsonString());
        Assert.True(answer.Status == 200, answer.Body);
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task A_binary_event_provisions()
    {
        await using var scene = await StartAsync();
        var (body, headers) = SentEvents.Binary(_ns, "agent");
        var answer = await scene.Caller.CallAsync("POST", "/events", body, headers: [HostScene.Authorization, .. headers]);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task A_batch_as_Event_Grid_delivers_it_provisions_every_access()
    {
        await _guide.AccessAsync(_ns, "second", _ns, "second-key");
        await using var scene = await StartAsync();
        var allowed = await scene.Caller.CallAsync("OPTIONS", "/events", headers: ("WebHook-Request-Origin", "eventgrid.azure.net"));
        Assert.Equal((200, "eventgrid.azure.net"), (allowed.Status, allowed.Headers["WebHook-Allowed-Origin"]));

        var batch = new JsonArray(SentEvents.Structured(_ns, "agent"), SentEvents.Structured(_ns, "second")).ToJsonString();
        Assert.Equal(401, (await scene.Caller.CallAsync("POST", "/events", batch, Batch)).Status);
        var answer = await scene.PostAsync("/events", batch, Batch);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Contains("\"wishes\":\"reported\"", answer.Body, StringComparison.Ordinal);
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));
        Assert.NotNull(await _guide.SecretAsync(_ns, "second-key"));
        // One event is a batch as well.
        Assert.Equal(200, (await scene.PostAsync("/events", new JsonArray(SentEvents.Structured(_ns, "agent")).ToJsonString(), Batch)).Status);
    }

    [Fact]
    public async Task Every_event_function_is_reached_at_its_own_route_by_whoever_may_send()
    {
        await using var scene = await StartAsync();
        string[] functions = ["CredentialPropagation", "ProviderReconciliation", "SecretProvisioning", "SecretRotation"];
        foreach (var function in functions)
        {
            var (path, sent) = ($"/events/{function.ToLowerInvariant()}", SentEvents.Structured(_ns, "agent").ToJsonString());
            Assert.Equal(401, (await scene.Caller.CallAsync("POST", path, sent, "application/cloudevents+json")).Status);
            var answer = await scene.PostAsync(path, sent);
            Assert.True(answer.Status == 200, $"{function}: {answer.Body}");
        }

        Assert.Equal(functions, scene.Host.Invocations.Select(i => i.Function).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_timer_rotates_what_is_due()
    {
        await using var scene = await StartAsync();
        Assert.Equal(200, (await scene.PostAsync("/events", SentEvents.Structured(_ns, "agent").ToJsonString())).Status);
        var old = DateTimeOffset.UtcNow.AddHours(-2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var annotations = new JsonObject { [CredentialNames.RotatedAt] = old };
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } };
        await _guide.MergeAsync(KubernetesKinds.Secret, _ns, "agent-key", patch);
        await Guide.UntilAsync(async () =>
        {
            Assert.True((await scene.Host.FireTimerAsync("SecretRotationTimer")).Succeeded);
            return await _guide.SecretAsync(_ns, "agent-key");
        }, s => s.Metadata.Annotation(CredentialNames.RotatedAt) != old, _ => "not rotated");
    }

    [Fact]
    public async Task Fifty_admission_reviews_at_once_get_their_own_answers_with_the_variable_of_the_access()
    {
        await using var scene = await StartAsync();
        await scene.InjectsAsync(_ns);
        var uids = Enumerable.Range(0, 50).Select(i => $"u-{i}").ToArray();
        var answers = await Task.WhenAll(uids.Select(u => scene.ReviewAsync(_ns, u)));
        Assert.Equal(uids, answers.Select(a => (string?)a["uid"]));
        Assert.All(answers, a => Assert.Contains("ANTHROPIC_API_KEY", Patch(a), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_function_that_is_switched_off_is_off_for_every_trigger()
    {
        await using var scene = await StartAsync(
            ("AzureWebJobs_SecretProvisioning_Disabled", "true"), ("AzureWebJobs.SecretProvisioningQueue.Disabled", "true"));
        Assert.Equal(["SecretProvisioning", "SecretProvisioningQueue"], scene.Host.Functions.Where(f => f.Disabled).Select(f => f.Name));
        await scene.PostAsync("/events", SentEvents.Structured(_ns, "agent").ToJsonString());
        Assert.Equal(404, (await scene.PostAsync("/events/secretprovisioning", SentEvents.Structured(_ns, "agent").ToJsonString())).Status);
        Assert.Null(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task A_host_that_ends_under_load_lets_what_is_in_flight_end_and_then_its_worker_in_time()
    {
        await using var scene = await StartAsync();
        await scene.InjectsAsync(_ns);
        var worker = await scene.Host.Worker;
        var reviews = Enumerable.Range(0, 50).Select(i => scene.ReviewAsync(_ns, $"u-{i}")).ToArray();
        await Guide.UntilAsync(() => Task.FromResult<object?>(worker.InFlight > 0 ? worker : null), _ => true, _ => "no review is in flight");
        Assert.Equal(0, await scene.Host.ShutDownAsync());
        Assert.All(await Task.WhenAll(reviews), r => Assert.Contains("ANTHROPIC_API_KEY", Patch(r), StringComparison.Ordinal));
    }

    private Task<HostScene> StartAsync(params (string Name, string Value)[] more) => HostScene.StartAsync(cluster.Plane.KubeconfigPath, more);

    private static string Patch(JsonObject response) => Encoding.UTF8.GetString(Convert.FromBase64String((string)response["patch"]!));
}
