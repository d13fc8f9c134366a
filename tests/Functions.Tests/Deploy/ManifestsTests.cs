using System.Text.Json.Nodes;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Deploy;

/// <summary>The executable carries what it installs, and makes of it what a local process needs.</summary>
public sealed class ManifestsTests
{
    private static readonly Uri Here = new("https://127.0.0.1:8443");

    [Fact]
    public void Carries_the_CRDs_and_RBAC_of_this_repository()
    {
        Assert.Equal(["llmaccesses.llmwarden.io", "llmproviders.llmwarden.io"], Manifests.CustomResourceDefinitions().Select(Name));
        var access = Manifests.Access();
        Assert.Equal(["Namespace", "ServiceAccount", "ClusterRole"], access.Take(3).Select(Kind));
        Assert.Equal("RoleBinding", Kind(access[^1]));
    }

    [Fact]
    public void Carries_every_file_of_the_guide_in_its_order()
    {
        var folder = Path.Combine(DeployFiles.RepositoryRoot, "deploy", "examples", "kagent");
        var example = Manifests.Example("kagent");
        Assert.Equal(Directory.EnumerateFiles(folder, "*.yaml").Select(f => $"examples/kagent/{Path.GetFileName(f)}").Order(StringComparer.Ordinal), example.Select(f => f.Path));
        Assert.All(example, f => Assert.Equal(File.ReadAllText(Path.Combine(folder, Path.GetFileName(f.Path))), f.Text));
        Assert.Equal("true", (string?)example.SelectMany(f => f.Objects).First(o => Name(o) == "kagent")["metadata"]!["labels"]!["llmwarden.io/ai-enabled"]);
        Assert.Throws<InstallException>(() => Manifests.Example("no-such-example"));
    }

    [Fact]
    public void Webhooks_of_a_local_process_lead_to_its_URL()
    {
        var original = Manifests.Webhooks();
        var local = WebhookTargets.ForLocalProcess(original, Here, "-----BEGIN CERTIFICATE-----\n");
        var targets = local.Select(c => c["webhooks"]![0]!["clientConfig"]!.AsObject()).ToArray();
        Assert.Equal(["https://127.0.0.1:8443/admission/pods/credentials", "https://127.0.0.1:8443/admission/validate"], targets.Select(t => (string?)t["url"]));
        Assert.All(targets, t =>
        {
            Assert.Equal("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==", (string?)t["caBundle"]);
            // The API server takes one of the two only.
            Assert.Null(t["service"]);
        });
        Assert.True(JsonNode.DeepEquals(Manifests.Webhooks()[0], original[0]));
        Assert.Equal("Fail", (string?)local[0]["webhooks"]![0]!["failurePolicy"]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8443")]
    [InlineData("https://127.0.0.1:8443/below")]
    [InlineData("https://127.0.0.1:8443/?code=1")]
    public void A_base_that_the_API_server_cannot_call_is_refused(string baseUrl) =>
        Assert.Throws<ArgumentException>(() => WebhookTargets.ForLocalProcess(Manifests.Webhooks(), new Uri(baseUrl), "pem"));

    [Fact]
    public void Whose_webhooks_they_are_is_told_by_where_they_lead()
    {
        var inCluster = Manifests.Webhooks()[0];
        var local = WebhookTargets.ForLocalProcess([inCluster], Here, "pem")[0];
        Assert.True(WebhookTargets.LeadToService(inCluster));
        Assert.False(WebhookTargets.LeadTo(inCluster, Here));
        Assert.False(WebhookTargets.LeadToService(local));
        Assert.True(WebhookTargets.LeadTo(local, Here));
        Assert.False(WebhookTargets.LeadTo(local, new Uri("https://127.0.0.1:844")));
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(22, false)]
    [InlineData(23, true)]
    [InlineData(34, true)]
    public void An_old_server_is_not_given_CEL_rules(int minor, bool kept)
    {
        var definition = Manifests.CustomResourceDefinitions()[0];
        var fitted = DefinitionFitting.Fit(definition, new ServerVersion(1, minor, ""));
        Assert.Equal(kept, fitted.ToJsonString().Contains("x-kubernetes-validations", StringComparison.Ordinal));
        Assert.Contains("x-kubernetes-validations", definition.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(27, false)]
    [InlineData(28, true)]
    [InlineData(36, true)]
    public void An_old_server_is_not_given_match_conditions(int minor, bool kept)
    {
        var webhooks = Manifests.Webhooks();
        var fitted = WebhookFitting.Fit(webhooks, new ServerVersion(1, minor, ""));
        Assert.Equal(webhooks.Select(Name), fitted.Select(Name));
        Assert.All(fitted, f => Assert.Equal(kept, f.ToJsonString().Contains("matchConditions", StringComparison.Ordinal)));
        Assert.All(webhooks, w => Assert.Contains("matchConditions", w.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_report_is_one_line_for_a_person()
    {
        var one = new ObjectReference(KubernetesKinds.Namespace, null, "agent-warden-system");
        Assert.Equal("created   Namespace agent-warden-system", new InstalledObject(one, InstallResult.Created).ToString());
        Assert.Equal("1 created, 2 unchanged", new InstallReport([new(one, InstallResult.Unchanged), new(one, InstallResult.Created), new(one, InstallResult.Unchanged)]).ToString());
        Assert.Equal("nothing to do", new InstallReport([]).ToString());
    }

    private static string Kind(JsonObject o) => (string)o["kind"]!;

    private static string Name(JsonObject o) => (string)o["metadata"]!["name"]!;
}
