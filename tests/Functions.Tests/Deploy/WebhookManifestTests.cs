using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Credentials;
using AgentWarden.Platform.Hosting;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>deploy/base/webhooks.yaml sends the API server where the functions are, and never makes a cluster depend on itself.</summary>
public sealed class WebhookManifestTests
{
    private static readonly IReadOnlyList<YamlMappingNode> Documents = DeployFiles.Documents(Path.Combine(DeployFiles.RepositoryRoot, "deploy", "base", "webhooks.yaml"));

    public static TheoryData<string, string> Webhooks => new()
    {
        { "MutatingWebhookConfiguration", "CredentialInjection" },
        { "ValidatingWebhookConfiguration", "ResourceValidation" },
    };

    [Theory, MemberData(nameof(Webhooks))]
    public void Calls_the_route_of_the_function(string kind, string function)
    {
        var trigger = Assert.IsType<HttpTrigger>(FunctionCatalog.Load(_ => null).Functions.Single(f => f.Name == function).Trigger);
        var service = Webhook(kind).Map("clientConfig")!.Map("service")!;
        Assert.Equal("/" + trigger.Route, service.Text("path"));
        Assert.Contains("POST", trigger.Methods);
        Assert.Equal((RbacManifest.Account, RbacManifest.Namespace, "443"), (service.Text("name"), service.Text("namespace"), service.Text("port")));
    }

    /// <summary>An admission route that no webhook calls is dead; the API server takes lower-case DNS labels only.</summary>
    [Fact]
    public void Every_admission_route_is_called()
    {
        var routes = FunctionCatalog.Load(_ => null).Functions.Select(d => d.Trigger).OfType<HttpTrigger>().Select(t => "/" + t.Route).Where(r => r.StartsWith("/admission/", StringComparison.Ordinal));
        var called = Documents.SelectMany(d => d.List("webhooks")).Cast<YamlMappingNode>().Select(w => w.Map("clientConfig")!.Map("service")!.Text("path")!);
        Assert.Equal(routes.Order(StringComparer.Ordinal), called.Order(StringComparer.Ordinal));
        Assert.All(routes, r => Assert.Matches("^(/[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$", r));
    }

    [Theory, MemberData(nameof(Webhooks))]
    public void Fails_closed_soon_and_without_side_effects(string kind, string function)
    {
        var webhook = Webhook(kind);
        Assert.Equal(("Fail", "None", "Equivalent", "5"), (webhook.Text("failurePolicy"), webhook.Text("sideEffects"), webhook.Text("matchPolicy"), webhook.Text("timeoutSeconds")));
        Assert.Equal(["v1"], webhook.Texts("admissionReviewVersions"));
        Assert.Equal(function == "CredentialInjection" ? "IfNeeded" : null, webhook.Text("reinvocationPolicy"));
        // What they say is tested in MatchConditionTests.
        Assert.Equal(2, webhook.List("matchConditions").Count());
    }

    [Fact]
    public void Pods_of_the_system_and_of_ourselves_are_not_held_up()
    {
        var expressions = Webhook("MutatingWebhookConfiguration").Map("namespaceSelector")!.List("matchExpressions").Cast<YamlMappingNode>().ToArray();
        Assert.All(expressions, e => Assert.Equal("NotIn", e.Text("operator")));
        Assert.Equal(["kube-system", "kube-node-lease", "kube-public", RbacManifest.Namespace], expressions.Single(e => e.Text("key") == "kubernetes.io/metadata.name").Texts("values"));
        Assert.Equal(["disabled"], expressions.Single(e => e.Text("key") == "llmwarden.io/injection").Texts("values"));
        var ours = Assert.Single(DeployFiles.Documents(Path.Combine(DeployFiles.RepositoryRoot, "deploy", "base", "namespace.yaml"))).Map("metadata")!;
        Assert.Equal((RbacManifest.Namespace, "disabled"), (ours.Text("name"), ours.Map("labels")!.Text("llmwarden.io/injection")));
    }

    [Fact]
    public void Asks_about_these_operations_and_no_others()
    {
        Assert.Equal([" pods CREATE"], Rules("MutatingWebhookConfiguration"));
        Assert.Equal([$"{CredentialKinds.Group} llmaccesses CREATE,UPDATE", $"{CredentialKinds.Group} llmproviders CREATE,UPDATE,DELETE"], Rules("ValidatingWebhookConfiguration"));
        // Nobody may opt a namespace out of validation.
        Assert.Null(Webhook("ValidatingWebhookConfiguration").Child("namespaceSelector"));
    }

    private static IEnumerable<string> Rules(string kind) =>
        Webhook(kind).List("rules").Cast<YamlMappingNode>().Select(r => $"{string.Join(',', r.Texts("apiGroups"))} {string.Join(',', r.Texts("resources"))} {string.Join(',', r.Texts("operations"))}");

    private static YamlMappingNode Webhook(string kind) =>
        Assert.IsType<YamlMappingNode>(Assert.Single(Assert.Single(Documents, d => d.Text("kind") == kind).List("webhooks")));
}
