using AgentWarden.Kernel.Contracts;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Platform.Hosting;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>The published folder under the stand-in of the Functions host, on a real API server. The event bridge is off: only the host's triggers lead to looks.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class FunctionsHostTests(ControlPlaneFixture cluster, PublishedApp app) : IClassFixture<PublishedApp>, IAsyncLifetime
{
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

    private const string SharedToken = "agreed-with-the-sender";

    private static readonly (string, string) Authorization = ("Authorization", $"Bearer {SharedToken}");

    [Fact]
    public async Task The_folder_holds_every_function_of_the_program_and_the_handler_answers()
    {
        using var host = await StartAsync();
        var sources = Directory.GetDirectories(PublishedApp.Sources).Where(d => File.Exists(Path.Combine(d, "function.json"))).Select(d => Path.GetFileName(d));
        Assert.Equal(sources.Order(StringComparer.Ordinal), host.App.Functions.Select(f => f.Name));
        Assert.All(host.App.Functions, f => Assert.True(f.Runs, $"{f.Name}: {f.Error}"));
    }

    [Fact]
    public void Without_bundle_and_storage_the_host_has_its_HTTP_and_timer_functions_and_leaves_out_the_other_two()
    {
        var functions = FunctionApp.Load(app.Folder, new Dictionary<string, string>(StringComparer.Ordinal)).Functions;
        Assert.Equal(["EventGridIntake", "QueueIntake"], functions.Where(f => !f.Runs).Select(f => f.Name));
        Assert.Contains(functions, f => f is { Runs: true, Type: "timerTrigger" });
    }

    [Fact]
    public async Task A_queue_message_provisions_the_secret_of_an_access()
    {
        using var host = await StartAsync();
        Assert.Equal(Verdict.Success, await host.QueueAsync("QueueIntake", Event("agent", "SecretProvisioning").ToJsonString()));
        // At once: the message is done when the look is.
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task An_event_for_another_function_provisions_nothing()
    {
        using var host = await StartAsync();
        Assert.Equal(Verdict.Success, await host.QueueAsync("QueueIntake", Event("agent", "CredentialPropagation").ToJsonString()));
        Assert.Null(await _guide.SecretAsync(_ns, "agent-key"));
    }

    [Fact]
    public async Task A_queue_message_that_is_no_event_is_refused_so_that_it_ends_in_the_poison_queue()
    {
        using var host = await StartAsync();
        Assert.Equal(Verdict.Failure, await host.QueueAsync("QueueIntake", "hello"));
        Assert.Equal(Verdict.Failure, await host.QueueAsync("QueueIntake", """{"a":1,"b":{"c":2}}"""));
    }

    [Fact]
    public async Task A_batch_of_Event_Grid_provisions_every_access()
    {
        await _guide.AccessAsync(_ns, "second", _ns, "second-key");
        using var host = await StartAsync();
        Assert.Equal(Verdict.Success, await host.EventGridAsync("EventGridIntake", Event("agent"), Event("second")));
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));
        Assert.NotNull(await _guide.SecretAsync(_ns, "second-key"));
        // One event is an array as well.
        Assert.Equal(Verdict.Success, await host.EventGridAsync("EventGridIntake", Event("agent")));
    }

    [Fact]
    public async Task The_timer_rotates_what_is_due()
    {
        using var host = await StartAsync();
        Assert.Equal(Verdict.Success, await host.QueueAsync("QueueIntake", Event("agent", "SecretProvisioning").ToJsonString()));
        var old = DateTimeOffset.UtcNow.AddHours(-2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        await _guide.MergeAsync(KubernetesKinds.Secret, _ns, "agent-key", new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CredentialNames.RotatedAt] = old } } });
        await Guide.UntilAsync(async () =>
        {
            Assert.Equal(Verdict.Success, await host.TimerAsync("SecretRotation"));
            return await _guide.SecretAsync(_ns, "agent-key");
        }, s => s.Metadata.Annotation(CredentialNames.RotatedAt) != old, _ => "not rotated");
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task An_event_and_an_admission_come_forwarded_and_wrapped(string forwarded)
    {
        using var host = await StartAsync(("AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest", forwarded));
        var (status, answer, _) = await host.HttpAsync("POST", "/events/secretprovisioning", Event("agent").ToJsonString(), MediaTypes.Structured, Authorization);
        Assert.True(status == 200, answer);
        Assert.NotNull(await _guide.SecretAsync(_ns, "agent-key"));

        var response = await Guide.UntilAsync(
            async () => JsonNode.Parse((await host.HttpAsync("POST", "/admission/pods/credentials", PodReview())).Body)!["response"]!.AsObject(),
            r => r["patch"] is not null, r => $"the pod is not injected: {r}");
        Assert.Contains("ANTHROPIC_API_KEY", Encoding.UTF8.GetString(Convert.FromBase64String((string)response["patch"]!)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Event_Grids_webhook_is_answered_through_the_host()
    {
        using var host = await StartAsync();
        var (status, _, headers) = await host.HttpAsync("OPTIONS", "/events", headers: ("WebHook-Request-Origin", "eventgrid.azure.net"));
        Assert.Equal((200, "eventgrid.azure.net"), (status, headers["WebHook-Allowed-Origin"]));
        var (delivered, answer, _) = await host.HttpAsync("POST", "/events", new JsonArray(Event("agent")).ToJsonString(), MediaTypes.Batch, Authorization);
        Assert.True(delivered == 200, answer);
        Assert.Contains("\"wishes\":\"reported\"", answer, StringComparison.Ordinal);
        Assert.Equal(401, (await host.HttpAsync("POST", "/events", new JsonArray(Event("agent")).ToJsonString(), MediaTypes.Batch)).Status);
    }

    [Fact]
    public async Task A_function_that_is_switched_off_is_off_in_the_host_and_in_the_handler()
    {
        using var host = await StartAsync(("AzureWebJobs_SecretProvisioning_Disabled", "true"));
        Assert.True(host.App.Function("SecretProvisioning").Disabled);
        Assert.Equal(Verdict.Success, await host.QueueAsync("QueueIntake", Event("agent").ToJsonString()));
        Assert.Null(await _guide.SecretAsync(_ns, "agent-key"));
        // The host would give this to the event intake, which does not know the function either.
        Assert.Equal(404, (await host.HttpAsync("POST", "/events/secretprovisioning", Event("agent").ToJsonString(), MediaTypes.Structured, Authorization)).Status);
    }

    [Fact]
    public async Task Without_a_cluster_the_handler_ends_with_an_error_code_so_that_the_host_does_not_go_on_without_it()
    {
        var ended = await Assert.ThrowsAsync<HandlerEndedException>(() => StartAsync(("KUBECONFIG", "/nowhere/config")));
        Assert.NotEqual(0, ended.Code);
        Assert.Contains("/nowhere/config", ended.Message, StringComparison.Ordinal);
    }

    private Task<FunctionsHostStandIn> StartAsync(params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KUBECONFIG"] = cluster.Plane.KubeconfigPath,
            ["AGENTWARDEN_BRIDGE"] = "false",
            ["AGENTWARDEN_EVENT_TOKEN"] = SharedToken,
            ["AGENTWARDEN_QUEUE_NAME"] = "agent-warden-events",
            ["AzureFunctionsJobHost__extensionBundle__id"] = "Microsoft.Azure.Functions.ExtensionBundle",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return FunctionsHostStandIn.StartAsync(app.Folder, settings);
    }

    private JsonNode Event(string access, string? function = null)
    {
        var change = ObjectEventMapping.ToCloudEvent(new(ObjectChange.Add, new(CredentialKinds.LLMAccess, _ns, access)), "https://10.96.0.1:443", DateTimeOffset.UtcNow);
        var node = JsonNode.Parse(CloudEventCodec.WriteStructured(change))!;
        if (function is not null)
        {
            node[ObjectEventMapping.FunctionAttribute] = function;
        }

        return node;
    }

    private string PodReview() => new JsonObject
    {
        ["apiVersion"] = "admission.k8s.io/v1",
        ["kind"] = "AdmissionReview",
        ["request"] = new JsonObject
        {
            ["uid"] = "u-1",
            ["operation"] = "CREATE",
            ["namespace"] = _ns,
            ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "Pod" },
            ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
            ["object"] = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["name"] = "p", ["labels"] = new JsonObject { ["kagent.dev/agent"] = "reasoning-agent" } },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
            },
        },
    }.ToJsonString();
}
