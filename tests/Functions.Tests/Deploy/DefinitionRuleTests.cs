using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Admission.ResourceValidation;
using AgentWarden.Kernel.Admission;

namespace AgentWarden.Tests.Deploy;

/// <summary>
/// The CEL rules of deploy/crds and the validating webhook refuse the same, and say it equally well: which of the two answers depends on
/// the server.
/// </summary>
public sealed class DefinitionRuleTests
{
    public static TheoryData<int> Examples => new(Enumerable.Range(0, RuleExamples.All.Count));

    [Fact]
    public void Every_rule_has_an_example() =>
        Assert.Equal(RuleExamples.Rules.Order(), RuleExamples.All.Select(e => e.Rule).Order());

    [Theory, MemberData(nameof(Examples))]
    public void What_a_rule_refuses_the_webhook_refuses_too_at_the_same_field(int index)
    {
        var example = RuleExamples.All[index];
        var refused = Assert.IsType<AdmissionResult.Denied>(Judge(example.With(example.Refused, "x")));
        Assert.Contains(example.Field, refused.Message, StringComparison.Ordinal);
        Assert.IsType<AdmissionResult.Allowed>(Judge(example.With(example.Taken, "x")));
    }

    /// <summary>The API server puts field and value in front; what is wrong and what to do is the rule's to say.</summary>
    [Theory, MemberData(nameof(Examples))]
    public void A_rules_message_names_the_field_and_what_to_write(int index)
    {
        var (_, field, _, message) = RuleExamples.All[index].Rule;
        Assert.StartsWith(field, message, StringComparison.Ordinal);
        Assert.Matches("for example|Add ", message);
        Assert.EndsWith(".", message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Examples))]
    public void A_rule_holds_for_the_one_and_not_for_the_other(int index)
    {
        var example = RuleExamples.All[index];
        Assert.True(CelExpressions.HoldsFor(example.Rule.Rule, JsonNode.Parse(example.Taken)));
        Assert.False(CelExpressions.HoldsFor(example.Rule.Rule, JsonNode.Parse(example.Refused)));
    }

    private static AdmissionResult Judge(JsonObject document) => ResourceValidationDecision.Decide((string)document["kind"]! == "LLMAccess"
        ? new AccessFacts { Access = document.Deserialize(ResourceValidationJson.Default.LLMAccess)!, Namespace = "team" }
        : new ProviderFacts { Provider = document.Deserialize(ResourceValidationJson.Default.LLMProvider)! });
}
