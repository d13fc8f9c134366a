using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>The webhooks as the API server calls them, over TLS.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class AdmissionTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private readonly Guide _guide = new(cluster.Client);
    private AdmissionScene _scene = null!;

    private string Ns => _scene.Namespace;

    public async Task InitializeAsync() => _scene = await AdmissionScene.StartAsync(cluster);

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task A_pod_that_an_access_selects_gets_its_variable_and_no_other_pod_is_touched()
    {
        await _guide.AccessAsync(Ns, "agent", Ns, "agent-key");
        await _guide.ReadyAsync(Ns, "agent", "Provisioned");
        var pod = await CreateAsync("agent-pod", labels: true);
        var variable = pod["spec"]!["containers"]![0]!["env"]![0]!;
        Assert.Equal("ANTHROPIC_API_KEY", (string?)variable["name"]);
        Assert.Equal("agent-key", (string?)variable["valueFrom"]!["secretKeyRef"]!["name"]);
        Assert.Equal(Ns, (string?)pod["metadata"]!["annotations"]![CredentialNames.InjectedProviders]);
        Assert.Null(pod["spec"]!["initContainers"]![0]!["env"]);

        var other = await CreateAsync("other-pod", labels: false);
        Assert.Null(other["spec"]!["containers"]![0]!["env"]);
        Assert.Null(other["metadata"]!["annotations"]);
    }

    [Fact]
    public async Task A_volume_is_mounted_readable_by_any_user_and_a_dry_run_leaves_nothing_behind()
    {
        await _guide.AccessAsync(Ns, "agent.with.dots", Ns, "agent-key", s => s["injection"] = new JsonObject { ["volume"] = new JsonObject { ["mountPath"] = "/var/run/llm" } });
        await _guide.ReadyAsync(Ns, "agent.with.dots", "Provisioned");
        var dry = await CreateAsync("dry", labels: true, "?dryRun=All");
        Assert.NotNull(dry["spec"]!["volumes"]);
        var pod = await CreateAsync("agent-pod", labels: true);
        var volume = pod["spec"]!["volumes"]!.AsArray().Single(v => v!["secret"] is not null)!;
        Assert.Equal(292, (int)volume["secret"]!["defaultMode"]!);
        Assert.Equal("/var/run/llm", (string?)pod["spec"]!["containers"]![0]!["volumeMounts"]!.AsArray().Single(m => (string?)m!["name"] == (string?)volume["name"])!["mountPath"]);
        Assert.Null(await cluster.Client.GetAsync(KubernetesKinds.Pod, Ns, "dry", ObjectMetaJson.Default.MetadataOnly, default));
    }

    [Theory]
    [InlineData("models", """["gpt-4o"]""", "gpt-4o")]
    [InlineData("rotation", """{"interval":"60d"}""", "interval")]
    [InlineData("secretName", "\"Not.A.Name!\"", "secretName")]
    [InlineData("injection", """{"volume":{"mountPath":"relative"}}""", "mountPath")]
    public async Task What_cannot_work_is_refused_at_kubectl_apply_with_the_field_in_the_message(string field, string value, string says)
    {
        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => _guide.AccessAsync(Ns, "agent", Ns, "agent-key", s => s[field] = JsonNode.Parse(value)));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_accesses_cannot_claim_one_secret_and_a_namespace_that_is_not_selected_is_refused()
    {
        await _guide.AccessAsync(Ns, "first", Ns, "agent-key");
        var twice = await Assert.ThrowsAsync<KubernetesException>(() => _guide.AccessAsync(Ns, "second", Ns, "agent-key"));
        Assert.Contains("first", twice.Message, StringComparison.Ordinal);
        await _guide.ProviderAsync(Ns, Ns, "master", s => s["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["ai"] = "yes" } });
        var outside = await Assert.ThrowsAsync<KubernetesException>(() => _guide.AccessAsync(Ns, "third", Ns, "third-key"));
        Assert.Contains("namespaceSelector", outside.Message, StringComparison.Ordinal);
        var unusable = await Assert.ThrowsAsync<KubernetesException>(() => _guide.ProviderAsync(Ns + "-x", Ns, "master", s => s["auth"] = new JsonObject { ["type"] = "workloadIdentity" }));
        Assert.Contains("workloadIdentity", unusable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_works_and_has_no_effect_is_said_to_whoever_applies_it()
    {
        using var client = cluster.Plane.CreateClient();
        using var body = new StringContent(
            """
            {"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMAccess","metadata":{"name":"early"},
             "spec":{"providerRef":{"name":"no-such-provider"},"secretName":"early","injection":{}}}
            """, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri(CredentialKinds.LLMAccess.CollectionPath(Ns), UriKind.Relative), body);
        Assert.Equal(System.Net.HttpStatusCode.Created, answer.StatusCode);
        Assert.Contains("LLMProvider no-such-provider does not exist", Assert.Single(answer.Headers.Warning).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Malformed_reviews_get_an_answer_and_a_large_pod_is_injected()
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(_scene.Warden.Certificate.CaBundlePem);
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } }) { BaseAddress = _scene.Warden.Admission };
        await _guide.AccessAsync(Ns, "agent", Ns, "agent-key");
        await _guide.ReadyAsync(Ns, "agent", "Provisioned");
        Assert.Equal(400, await PostAsync(client, "{", "application/json"));
        Assert.Equal(400, await PostAsync(client, """{"kind":"AdmissionReview"}""", "application/json"));
        Assert.Equal(415, await PostAsync(client, "{}", "text/plain"));
        var pod = Pod("large", labels: true);
        pod["metadata"]!["annotations"] = new JsonObject { ["big"] = new string('x', 3_000_000) };
        var review = new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["request"] = new JsonObject
            {
                ["uid"] = "u-1", ["operation"] = "CREATE", ["namespace"] = Ns, ["object"] = pod,
                ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "Pod" },
                ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
            },
        };
        using var content = new StringContent(review.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var answer = await client.PostAsync(new Uri("admission/pods/credentials", UriKind.Relative), content);
        var response = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["response"]!;
        Assert.True((bool)response["allowed"]!);
        Assert.NotNull(response["patch"]);
    }

    private static async Task<int> PostAsync(HttpClient client, string body, string type)
    {
        using var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        using var answer = await client.PostAsync(new Uri("admission/pods/credentials", UriKind.Relative), content);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
        return (int)answer.StatusCode;
    }

    private Task<JsonNode> CreateAsync(string name, bool labels, string query = "") => _scene.CreateAsync(Pod(name, labels), query);

    private static JsonObject Pod(string name, bool labels) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = labels ? new JsonObject { ["kagent.dev/agent"] = "reasoning-agent" } : new JsonObject() },
        ["spec"] = new JsonObject
        {
            ["initContainers"] = new JsonArray(new JsonObject { ["name"] = "init", ["image"] = "busybox" }),
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "agent", ["image"] = "busybox" }),
        },
    };
}
