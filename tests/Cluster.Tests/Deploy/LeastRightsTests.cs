using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.Composition;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Credentials.CredentialPropagation;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Deploy;

namespace AgentWarden.ClusterTests.Deploy;

/// <summary>The three parts run with the rights of the component, and with nothing else: nothing is refused, and the bridge has no right that it does not use.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class LeastRightsTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private const string Ns = RbacManifest.Namespace;

    private readonly Guide _guide = new(cluster.Client);
    private readonly Accounts _accounts = new(cluster.Client);
    private readonly Installer _installer = new(cluster.Client);
    private readonly string[] _pods = [.. new[] { "leads", "died" }.Select(p => $"agent-warden-bridge-{p}-{Guid.NewGuid():N}")];
    private IReadOnlyList<JsonObject> _rights = [];

    public async Task InitializeAsync()
    {
        using var installation = new Installation(Installation.Default);
        _rights = [.. installation.Objects.Where(o => Installation.Kind(o) == "ServiceAccount" || ((string)o["apiVersion"]!).StartsWith("rbac.", StringComparison.Ordinal))];
        await _installer.ApplyAsync(_rights, progress: null, default);
    }

    public async Task DisposeAsync()
    {
        _accounts.Dispose();
        foreach (var pod in _pods)
        {
            await cluster.Client.DeleteAsync(KubernetesKinds.Pod, Ns, pod, new(), default);
        }

        await _installer.InstallAsync(progress: null, default);
    }

    [Fact]
    public async Task Nothing_is_refused_to_the_parts_and_the_bridge_uses_all_that_it_may()
    {
        var ns = await cluster.NewNamespaceAsync("rights");
        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, Ns, "agent-warden-bridge", new(), default);
        await PodAsync(Ns, _pods[0], []);
        // It led, and died without a farewell.
        await PodAsync(Ns, _pods[1], new JsonObject { [LeaderLabel.Key] = "agent-warden-bridge" });

        using var admission = WardenChild.Serve(await KubeconfigAsync("agent-warden-admission"), "admission");
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["AGENTWARDEN_TOKEN_FILE"] = await _accounts.TokenFileAsync("agent-warden-functions") };
        using var functions = WardenChild.Functions(await KubeconfigAsync("agent-warden-functions"), settings);
        using var bridge = WardenChild.Bridge(await KubeconfigAsync("agent-warden-bridge"), new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AGENTWARDEN_SINK_URL"] = new Uri(functions.Http, "events").AbsoluteUri,
            ["AGENTWARDEN_TOKEN_FILE"] = await _accounts.TokenFileAsync("agent-warden-bridge"),
            ["AGENTWARDEN_POD_NAME"] = _pods[0],
        });
        // Each needs the other's address; settings are read at the start.
        settings["AGENTWARDEN_BRIDGE_URL"] = bridge.Http.AbsoluteUri;
        admission.Start();
        functions.Start();
        bridge.Start();

        await ProvisionAndRotateAsync(ns);
        await Guide.UntilAsync(() => LabelsAsync(_pods[0]), l => (string?)l[LeaderLabel.Key] == "agent-warden-bridge", _ => "the leader has no label");
        Assert.Null((await LabelsAsync(_pods[1]))![LeaderLabel.Key]);
        await _guide.MergeAsync(KubernetesKinds.Pod, Ns, _pods[0], new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [LeaderLabel.Key] = null } } });
        await Guide.UntilAsync(() => LabelsAsync(_pods[0]), l => (string?)l[LeaderLabel.Key] == "agent-warden-bridge", _ => "the leader's label does not come back");
        await ReportAsync(functions, ns);
        await admission.ReadyAsync();

        foreach (var account in new[] { "agent-warden-admission", "agent-warden-bridge", "agent-warden-functions" })
        {
            var asked = cluster.Audit.Of(account);
            Assert.NotEmpty(asked);
            Assert.DoesNotContain(asked, a => a.Status is 401 or 403);
        }

        // The Lease is renewed every few seconds.
        await Guide.UntilAsync(() => Task.FromResult<string[]?>(Used("agent-warden-bridge")), u => u.Any(r => r.EndsWith("leases update", StringComparison.Ordinal)), _ => "the Lease was not renewed");
        Assert.Equal(Granted("agent-warden-bridge").Order(StringComparer.Ordinal), Used("agent-warden-bridge"));
        // And a refusal would have been seen.
        using var stranger = new KubernetesClient(ClusterConnection.FromKubeConfig(await KubeconfigAsync("agent-warden-bridge")));
        await Assert.ThrowsAsync<KubernetesException>(() => stranger.SendAsync(HttpMethod.Get, KubernetesKinds.Secret.ObjectPath(ns, "master"), contentType: null, default, default));
        Assert.Equal(" secrets get", Assert.Single(cluster.Audit.Of("agent-warden-bridge"), a => a.Status == 403).Right);
    }

    /// <summary>Everything that the event functions do: a Secret, its rotation, the pod that mounts it, the workload that restarts for it, the revocation.</summary>
    private async Task ProvisionAndRotateAsync(string ns)
    {
        await _guide.MasterAsync(ns, "master", Guide.Key);
        await _guide.ProviderAsync(ns, ns, "master");
        await _guide.AccessAsync(ns, "agent", ns, "agent-key");
        await _guide.ReadyAsync(ns, "agent", "Provisioned");
        await _guide.SecretWithKeyAsync(ns, "agent-key", Guide.Key);
        await PodAsync(ns, "mounts", []);
        await _guide.ApplyAsync(KubernetesKinds.Deployment, ns, "restarts", JsonNode.Parse("""
            {"spec":{"replicas":1,"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"},"annotations":{"llmwarden.io/restart-on-rotation":"true"}},
            "spec":{"containers":[{"name":"c","image":"x","env":[{"name":"K","valueFrom":{"secretKeyRef":{"name":"agent-key","key":"apiKey"}}}]}]}}}}
            """)!.AsObject());
        await Guide.UntilAsync(async () => await PodsAsync(ns) >= 2 ? "there" : null, _ => true, _ => "the Deployment has no pod");
        await Task.Delay(1100);
        await _guide.MasterAsync(ns, "master", "sk-ant-another");
        await _guide.SecretWithKeyAsync(ns, "agent-key", "sk-ant-another");
        var annotation = CredentialPropagationDecision.AnnotationFor("agent-key");
        await Guide.UntilAsync(() => ReadAsync(KubernetesKinds.Pod, ns, "mounts"), p => p["metadata"]!["annotations"]?[annotation] is not null, _ => "the pod was not nudged");
        await Guide.UntilAsync(() => ReadAsync(KubernetesKinds.Deployment, ns, "restarts"), d => d["spec"]!["template"]!["metadata"]!["annotations"]![annotation] is not null, _ => "the Deployment was not restarted");
        await cluster.Client.DeleteAsync(Credentials.CredentialKinds.LLMProvider, null, ns, new(), default);
        await _guide.NoSecretAsync(ns, "agent-key");
    }

    /// <summary>An event whose sender reads no answer, so that the function reports to the bridge; both ask the API server who calls.</summary>
    private async Task ReportAsync(WardenChild functions, string ns)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(functions.Http, "events/SecretProvisioning"))
        {
            Content = new StringContent($$$"""{"specversion":"1.0","id":"1","source":"/t","type":"dev.knative.apiserver.ref.update","data":{"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMAccess","namespace":"{{{ns}}}","name":"agent"}}""", Encoding.UTF8, "application/cloudevents+json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await File.ReadAllTextAsync(await _accounts.TokenFileAsync("agent-warden-bridge")));
        using var answer = await http.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, "reported"), (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["wishes"]));
    }

    private Task<string> KubeconfigAsync(string account) => _accounts.KubeconfigAsync(cluster.Plane.KubeconfigPath, account);

    private Task PodAsync(string ns, string name, JsonObject labels) => _guide.ApplyAsync(KubernetesKinds.Pod, ns, name, new JsonObject
    {
        ["metadata"] = new JsonObject { ["labels"] = labels },
        ["spec"] = JsonNode.Parse("""{"volumes":[{"name":"v","secret":{"secretName":"agent-key"}}],"containers":[{"name":"c","image":"x"}]}"""),
    });

    private async Task<JsonObject?> LabelsAsync(string pod) => (await ReadAsync(KubernetesKinds.Pod, Ns, pod))!["metadata"]!["labels"]?.AsObject() ?? [];

    private async Task<int> PodsAsync(string ns) => (await ReadAsync(KubernetesKinds.Pod, ns, ""))!["items"]!.AsArray().Count;

    private async Task<JsonObject?> ReadAsync(ResourceKind kind, string ns, string name) =>
        JsonNode.Parse(await cluster.Client.SendAsync(HttpMethod.Get, name.Length == 0 ? kind.CollectionPath(ns) : kind.ObjectPath(ns, name), contentType: null, default, default))!.AsObject();

    private string[] Used(string account) => [.. cluster.Audit.Of(account).Select(a => a.Right).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>What the account's roles give it, as the audit log says it.</summary>
    private IEnumerable<string> Granted(string account) =>
        from binding in _rights
        where binding["subjects"] is JsonArray subjects && (string?)subjects[0]!["name"] == account
        from role in _rights
        where Installation.Kind(role) == (string)binding["roleRef"]!["kind"]! && Installation.Name(role) == (string)binding["roleRef"]!["name"]!
        from rule in role["rules"]!.AsArray()
        from @group in rule!["apiGroups"]!.AsArray()
        from resource in rule["resources"]!.AsArray()
        from verb in rule["verbs"]!.AsArray()
        select $"{@group} {resource} {verb}";
}
