using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Credentials.ProviderReconciliation;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Credentials.ProviderReconciliation;

public sealed class ProviderReconciliationDecisionTests
{
    public static TheoryData<string> Cases => Golden.Cases();

    [Theory, MemberData(nameof(Cases))]
    public void Decides(string name) => Golden.Check<Facts, JsonObject>(name, f => PlanView.Of(ProviderReconciliationDecision.Decide(f.AsGathered())), (fixture, verdict) =>
    {
        CredentialFixture.NeverShows(verdict.ToJsonString(), fixture.Master);
        var facts = fixture.AsGathered();
        var plan = ProviderReconciliationDecision.Decide(facts);
        Assert.Empty(plan.Writes);
        var status = plan.Status is null ? facts.Provider.Status : plan.Status.Status.Deserialize(CredentialJson.Default.LLMProviderStatus);
        foreach (var later in new[] { 0, 2, 3600 })
        {
            var again = ProviderReconciliationDecision.Decide(facts with { Provider = facts.Provider with { Status = status }, MasterChanged = false, Now = facts.Now.AddSeconds(later) });
            Assert.True(again.IsEmpty, PlanView.Of(again).ToJsonString());
        }
    });

    internal sealed record Facts
    {
        public required LLMProvider Provider { get; init; }
        public IReadOnlyDictionary<string, string>? Master { get; init; }
        public bool MasterChanged { get; init; }
        public int AccessCount { get; init; }
        public required DateTimeOffset Now { get; init; }

        public ProviderReconciliationFacts AsGathered() => new()
        {
            Provider = Provider,
            Master = CredentialFixture.Master(Master, Provider),
            MasterChanged = MasterChanged,
            AccessCount = AccessCount,
            Now = Now,
        };
    }
}
