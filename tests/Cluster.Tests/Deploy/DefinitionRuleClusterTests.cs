using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Deploy;

namespace AgentWarden.ClusterTests.Deploy;

/// <summary>The CEL rules of our definitions, as the API server itself judges by them; no webhook is installed.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class DefinitionRuleClusterTests(ControlPlaneFixture cluster)
{
    public static TheoryData<int> Examples => new(Enumerable.Range(0, RuleExamples.All.Count));

    [SkippableTheory, MemberData(nameof(Examples))]
    public async Task A_rule_takes_the_one_and_refuses_the_other_with_its_message(int index)
    {
        Skip.IfNot(cluster.Plane.ServerVersion >= new Version(1, 25), $"Kubernetes {cluster.Plane.ServerVersion} knows no CEL rules.");
        var example = RuleExamples.All[index];
        var ns = await cluster.NewNamespaceAsync("rules");
        await CreateAsync(ns, example.With(example.Taken, ns));
        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => CreateAsync(ns, example.With(example.Refused, ns)));
        Assert.Equal("Invalid", refusal.Reason);
        Assert.Contains($"{example.Field}: Invalid value: ", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(example.Rule.Message, refusal.Message, StringComparison.Ordinal);
    }

    private Task CreateAsync(string ns, JsonObject document)
    {
        var kind = (string)document["kind"]! == "LLMAccess" ? CredentialKinds.LLMAccess : CredentialKinds.LLMProvider;
        var path = kind.CollectionPath(kind.Namespaced ? ns : null) + "?dryRun=All";
        var body = Encoding.UTF8.GetBytes(document.ToJsonString());
        return cluster.Client.SendAsync(HttpMethod.Post, path, "application/json", body, default);
    }
}
