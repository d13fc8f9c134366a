using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Platform.Composition.Installing;

namespace AgentWarden.ClusterTests.Deploy;

/// <summary>
/// Which requests the API server asks about, with our webhooks as we install them. That the others would have been allowed unchanged is
/// tested in Functions.Tests; a server that does not know match conditions asks about all of them.
/// </summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class MatchConditionClusterTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private readonly RecordingWebhook _recorder = new();
    private readonly Guide _guide = new(cluster.Client);
    private readonly string _label = Guid.NewGuid().ToString("N");
    private LocalWebhooks _webhooks = null!;
    private string _ns = null!;
    private int _probes;

    private bool HasConditions => cluster.Plane.ServerVersion >= new Version(1, 28);

    public async Task InitializeAsync()
    {
        _ns = await cluster.NewNamespaceAsync("asked", new Dictionary<string, string>(StringComparer.Ordinal) { ["tests"] = _label });
        await _recorder.StartAsync();
        _webhooks = new(cluster.Client, _recorder.Url);
        await _webhooks.InstallAsync(_recorder.CaBundlePem, null, default);
        // The API server learns of both configurations by watches of its own, of each when it comes.
        await UntilAsync(asked: true, _recorder, Pod);
        await UntilAsync(asked: true, _recorder, Access);
    }

    public async Task DisposeAsync()
    {
        await _webhooks.RemoveAsync(null, default);
        await UntilAsync(asked: false, _recorder, Pod);
        await UntilAsync(asked: false, _recorder, Access);
        await _recorder.DisposeAsync();
    }

    [Fact]
    public async Task Pods_that_are_left_alone_in_any_case_do_not_reach_us()
    {
        await CreateAsync(Pod("plain"));
        await CreateAsync(Pod("wanted", (CredentialNames.Inject, "true")));
        await CreateAsync(Pod("opted-out", (CredentialNames.Inject, "false")));
        await CreateAsync(Pod("mirror", ("kubernetes.io/config.mirror", "8a3bd9cb")));
        Assert.Equal((1, 1), (_recorder.Asked("CREATE", "plain"), _recorder.Asked("CREATE", "wanted")));
        Assert.Equal(HasConditions ? (0, 0) : (1, 1), (_recorder.Asked("CREATE", "opted-out"), _recorder.Asked("CREATE", "mirror")));
    }

    /// <summary>
    /// The one difference to being asked: a later webhook that changes the pod makes the API server ask again those that it asked before.
    /// Who was not asked because of the annotation is not asked when somebody else takes it away.
    /// </summary>
    [Fact]
    public async Task A_later_webhook_that_takes_the_opt_out_away_takes_it_away_too_late()
    {
        static JsonObject OptedOut(string name) => Pod(name, (CredentialNames.Inject, "false"));
        var remove = new JsonObject { ["op"] = "remove", ["path"] = "/metadata/annotations/llmwarden.io~1inject" };
        await using var later = new RecordingWebhook(new JsonArray(remove));
        await later.StartAsync();
        var name = $"z-{_ns}";
        await _guide.ApplyAsync(KubernetesKinds.MutatingWebhook, null, name, Configuration(later));
        try
        {
            await UntilAsync(asked: true, later, OptedOut);
            await CreateAsync(OptedOut("opted-in"));
            Assert.Equal(HasConditions ? 0 : 2, _recorder.Asked("CREATE", "opted-in"));
        }
        finally
        {
            await cluster.Client.DeleteAsync(KubernetesKinds.MutatingWebhook, null, name, new(), default);
            await UntilAsync(asked: false, later, OptedOut);
        }
    }

    [Fact]
    public async Task A_change_that_leaves_the_spec_does_not_reach_us_and_every_other_does()
    {
        await CreateAsync(Access("agent"));
        Assert.Equal(1, _recorder.Asked("CREATE", "agent"));

        await MergeAsync("""{"metadata":{"labels":{"a":"b"},"annotations":{"c":"d"}}}""");
        await MergeAsync("""{"metadata":{"finalizers":["example.com/hold"]}}""");
        Assert.Equal(HasConditions ? 0 : 2, _recorder.Changes("UPDATE", "agent"));
        await cluster.Client.PatchAsync(
            CredentialKinds.LLMAccess, _ns, "agent", "status", PatchKind.Merge, "tests",
            ControlPlaneFixture.Json("""{"status":{"provisionedModels":["m"]}}"""), default);
        Assert.Equal(HasConditions ? 0 : 2, _recorder.Changes("UPDATE", "agent"));

        await MergeAsync("""{"spec":{"secretName":"another"}}""");
        await MergeAsync("""{"metadata":{"labels":{"a":"c"}},"spec":{"secretName":"a-third"}}""");
        Assert.Equal(HasConditions ? 2 : 4, _recorder.Changes("UPDATE", "agent"));

        await cluster.Client.DeleteAsync(CredentialKinds.LLMAccess, _ns, "agent", new(), default);
        await MergeAsync("""{"metadata":{"finalizers":null}}""");
        Assert.Equal(HasConditions ? 2 : 5, _recorder.Changes("UPDATE", "agent"));
        Assert.Null(await _guide.AccessAsync(_ns, "agent"));
    }

    /// <summary>What an expression may cost is limited, and one that costs more refuses the request.</summary>
    [Fact]
    public async Task A_very_large_spec_is_compared_too()
    {
        var large = Access("large");
        var models = Enumerable.Range(0, 10_000).Select(i => $"model-{i:D6}-{new string('x', 80)}");
        large["spec"]!["models"] = new JsonArray([.. models.Select(m => JsonValue.Create(m))]);
        await CreateAsync(large);
        await MergeAsync("""{"metadata":{"labels":{"a":"b"}}}""", "large");
        Assert.Equal(HasConditions ? 0 : 1, _recorder.Asked("UPDATE", "large"));
    }

    [Fact]
    public async Task The_deletion_of_a_provider_reaches_us_always()
    {
        await _guide.ProviderAsync(_ns, _ns, "master");
        await cluster.Client.DeleteAsync(CredentialKinds.LLMProvider, null, _ns, new(), default);
        Assert.Equal((1, 1), (_recorder.Asked("CREATE", _ns), _recorder.Asked("DELETE", _ns)));
    }

    private Task MergeAsync(string patch, string name = "agent") =>
        _guide.MergeAsync(CredentialKinds.LLMAccess, _ns, name, JsonNode.Parse(patch)!.AsObject());

    private Task UntilAsync(bool asked, RecordingWebhook recorder, Func<string, JsonObject> make) => Guide.UntilAsync(
        async () =>
        {
            var name = $"probe-{_probes++}";
            await CreateAsync(make(name), "?dryRun=All");
            return recorder.Asked("CREATE", name) > 0 == asked ? "so it is" : null;
        },
        _ => true,
        _ => asked ? "it is not asked" : "it is still asked");

    private Task CreateAsync(JsonObject document, string query = "")
    {
        var kind = (string)document["kind"]! == "Pod" ? KubernetesKinds.Pod : CredentialKinds.LLMAccess;
        var body = Encoding.UTF8.GetBytes(document.ToJsonString());
        return cluster.Client.SendAsync(HttpMethod.Post, kind.CollectionPath(_ns) + query, "application/json", body, default);
    }

    private static JsonObject Pod(string name) => Pod(name, []);

    private static JsonObject Pod(string name, params (string Key, string Value)[] annotations) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["annotations"] = new JsonObject(annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))),
        },
        // A mirror pod is of a node.
        ["spec"] = new JsonObject
        {
            ["nodeName"] = "none",
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "x" }),
        },
    };

    private static JsonObject Access(string name) => new()
    {
        ["apiVersion"] = CredentialKinds.LLMAccess.ApiVersion,
        ["kind"] = CredentialKinds.LLMAccess.Kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["providerRef"] = new JsonObject { ["name"] = "p" },
            ["secretName"] = name,
            ["injection"] = new JsonObject(),
        },
    };

    private JsonObject Configuration(RecordingWebhook later)
    {
        var configuration = JsonNode.Parse("""
            {"webhooks":[{"name":"later.example.com","admissionReviewVersions":["v1"],"sideEffects":"None","clientConfig":{},
              "rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}]}]}
            """)!.AsObject();
        var webhook = configuration["webhooks"]![0]!;
        webhook["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["tests"] = _label } };
        webhook["clientConfig"]!["url"] = new Uri(later.Url, "later").AbsoluteUri;
        webhook["clientConfig"]!["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(later.CaBundlePem));
        return configuration;
    }
}
