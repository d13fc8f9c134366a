using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
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
        Assert.Equal(HttpStatusCode.Created, (await CreateAsync(ns, example.With(example.Taken, ns))).Status);
        var (status, message) = await CreateAsync(ns, example.With(example.Refused, ns));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains($"{example.Field}: Invalid value: ", message, StringComparison.Ordinal);
        Assert.EndsWith(example.Rule.Message, message, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Message)> CreateAsync(string ns, JsonObject document)
    {
        var kind = (string)document["kind"]! == "LLMAccess" ? CredentialKinds.LLMAccess : CredentialKinds.LLMProvider;
        var path = kind.CollectionPath(kind.Namespaced ? ns : null) + "?dryRun=All";
        using var client = cluster.Plane.CreateClient();
        using var body = new StringContent(document.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), body);
        return (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["message"] ?? "");
    }
}
