using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Tests.Kernel.Admission;

namespace AgentWarden.Tests.Credentials.CredentialInjection;

public sealed class CredentialInjectionHandlerTests
{
    private static readonly LLMAccess Access = JsonSerializer.Deserialize("""
        {"metadata":{"name":"agent-anthropic","namespace":"kagent"},
         "spec":{"providerRef":{"name":"anthropic-production"},"secretName":"kagent-anthropic","workloadSelector":{"matchLabels":{"kagent":"reasoning-agent"}},
                 "injection":{"env":[{"name":"ANTHROPIC_API_KEY","secretKey":"apiKey"}]}}}
        """, CredentialJson.Default.LLMAccess)!;

    private static JsonNode Pod(int fillerBytes = 0) => JsonNode.Parse($$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"reasoning-agent-","labels":{"kagent":"reasoning-agent"}},
         "spec":{"containers":[{"name":"kagent","image":"agent:1","args":["{{{new string('x', fillerBytes)}}}"]}]}}
        """)!;

    private static Task<HttpAnswer> Handle(HttpCall call, LiveObjects? live = null, bool synced = true, params LLMAccess[] accesses) =>
        new CredentialInjectionHandler(new DictionaryCache<LLMAccess>(accesses.Length > 0 ? accesses : [Access]) { IsSynced = synced }, live ?? new()).HandleAsync(call, default);

    [Theory]
    [InlineData(AdmissionReview.V1)]
    [InlineData(AdmissionReview.V1Beta1)]
    public async Task A_matching_pod_is_patched(string version)
    {
        var response = Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(Pod(), apiVersion: version))), version);
        Assert.True((bool)response["allowed"]!);
        Assert.Equal(["/spec/containers/0/env", "/metadata/annotations"], Reviews.Patch(response).Select(o => (string)o!["path"]!));
        Assert.Equal("agent-anthropic", (string?)response["auditAnnotations"]!["injected-accesses"]);
    }

    [Fact]
    public async Task A_pod_of_another_namespace_is_untouched()
    {
        var response = Reviews.Response(await Handle(Reviews.Post(Reviews.Of("", "Pod", "CREATE", Pod(), ns: "other"))));
        Assert.True((bool)response["allowed"]!);
        Assert.Null(response["patch"]);
    }

    [Fact]
    public async Task A_pod_of_three_megabytes_is_patched() =>
        Assert.NotEmpty(Reviews.Patch(Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(Pod(3 << 20)))))));

    [Fact]
    public async Task Two_hundred_containers_are_patched()
    {
        var pod = Pod();
        pod["spec"]!["containers"] = new JsonArray([.. Enumerable.Range(0, 200).Select(i => new JsonObject { ["name"] = $"c{i}", ["env"] = new JsonArray(new JsonObject { ["name"] = "A", ["value"] = "$(ANTHROPIC_API_KEY)" }) })]);
        var patch = Reviews.Patch(Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(pod)))));
        Assert.Equal(200, patch.Count(o => ((string)o!["path"]!).EndsWith("/env/0", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("UPDATE")]
    [InlineData("DELETE")]
    [InlineData("CONNECT")]
    public async Task Other_operations_are_allowed_untouched(string operation)
    {
        var response = Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(Pod(), operation)), new LiveObjects { Failure = HttpStatusCode.InternalServerError }, synced: false));
        Assert.Equal(["uid", "allowed"], response.AsObject().Select(p => p.Key));
    }

    [Fact]
    public async Task Unknown_kinds_and_operations_are_allowed_with_a_warning()
    {
        var kind = Reviews.Response(await Handle(Reviews.Post(Reviews.Of("apps", "Deployment", "CREATE", Pod()))));
        Assert.True((bool)kind["allowed"]!);
        Assert.Contains("apps/v1 Deployment", Assert.Single(Reviews.Warnings(kind)), StringComparison.Ordinal);
        var operation = Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(Pod(), "EVICT"))));
        Assert.True((bool)operation["allowed"]!);
        Assert.Single(Reviews.Warnings(operation));
    }

    [Fact]
    public async Task A_dry_run_is_answered_like_any_other()
    {
        var body = Reviews.Pod(Pod());
        var real = await Handle(Reviews.Post(body));
        var dry = await Handle(Reviews.Post(body.Replace("\"dryRun\":false", "\"dryRun\":true", StringComparison.Ordinal)));
        Assert.Equal(Reviews.Text(real), Reviews.Text(dry));
    }

    [Fact]
    public async Task A_second_call_on_the_patched_pod_patches_nothing()
    {
        var pod = Pod();
        var patch = Reviews.Patch(Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(pod)))));
        var patched = JsonPatchApplier.Apply(pod, [.. patch.Select(o => new JsonPatchOperation((string)o!["op"]!, (string)o["path"]!, o["value"]?.DeepClone()))]);
        Assert.Equal(["uid", "allowed"], Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(patched)))).AsObject().Select(p => p.Key));
    }

    [Fact]
    public async Task A_subresource_is_not_the_pod() =>
        Assert.Null(Reviews.Response(await Handle(Reviews.Post(Reviews.Of("", "Pod", "CREATE", Pod(), subResource: "eviction"))))["patch"]);

    [Fact]
    public async Task Before_the_watch_has_synced_the_API_is_asked()
    {
        var live = new LiveObjects(Access);
        var function = new CredentialInjectionHandler(new DictionaryCache<LLMAccess> { IsSynced = false }, live);
        Assert.NotEmpty(Reviews.Patch(Reviews.Response(await function.HandleAsync(Reviews.Post(Reviews.Pod(Pod())), default))));
        Assert.Equal(1, live.Calls);
    }

    [Theory]
    [InlineData((HttpStatusCode)0, "no answer")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "HTTP 503")]
    public async Task An_API_that_cannot_be_reached_leaves_it_to_failurePolicy_and_never_allows(HttpStatusCode status, string says)
    {
        var answer = await Handle(Reviews.Post(Reviews.Pod(Pod())), new LiveObjects { Failure = status }, synced: false);
        Assert.Equal(500, answer.Status);
        Assert.Contains(says, Reviews.Text(answer), StringComparison.Ordinal);
        Assert.DoesNotContain("allowed\"", Reviews.Text(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("""{"metadata":{"labels":{"kagent":"reasoning-agent"}},"spec":{"containers":{}}}""")]
    [InlineData("""{"metadata":{"labels":{"kagent":"reasoning-agent"}},"spec":{"containers":[1]}}""")]
    [InlineData("""{"metadata":{"labels":{"kagent":"\ud800"}},"spec":{}}""")]
    public async Task What_is_no_pod_is_answered_400(string pod)
    {
        var body = Reviews.Pod(JsonNode.Parse("\"POD\"")).Replace("\"POD\"", pod, StringComparison.Ordinal);
        Assert.Equal(400, (await Handle(Reviews.Post(body))).Status);
    }

    [Theory]
    [InlineData("""{"metadata":null,"spec":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"metadata":{"labels":null,"annotations":null},"spec":{"containers":null,"volumes":null}}""")]
    [InlineData("""{"metadata":{"labels":[1]},"spec":[]}""")]
    public async Task A_pod_without_its_parts_is_allowed(string pod) =>
        Assert.True((bool)Reviews.Response(await Handle(Reviews.Post(Reviews.Pod(JsonNode.Parse(pod)))))["allowed"]!);

    [Fact]
    public async Task No_answer_is_empty()
    {
        foreach (var body in new[] { "", "{}", Reviews.Pod(Pod()), Reviews.Pod(null), Reviews.Pod(Pod(), "DELETE") })
        {
            Assert.NotEqual(0, (await Handle(Reviews.Post(body))).Body.Length);
        }
    }
}
