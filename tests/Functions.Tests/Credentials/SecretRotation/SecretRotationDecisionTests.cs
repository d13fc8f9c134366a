using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Planning;
using AgentWarden.Credentials.SecretRotation;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Credentials.SecretRotation;

public sealed class SecretRotationDecisionTests
{
    public static TheoryData<string> Cases => Golden.Cases();

    [Theory, MemberData(nameof(Cases))]
    public void Decides(string name) => Golden.Check<Facts, JsonObject>(name, f => PlanView.Of(SecretRotationDecision.Decide(f.AsGathered())), (fixture, verdict) =>
    {
        CredentialFixture.NeverShows(verdict.ToJsonString(), fixture.Master, fixture.Existing?.Data);
        var facts = fixture.AsGathered();
        var plan = SecretRotationDecision.Decide(facts);
        Assert.Null(plan.Status); // Provisioning is the one writer of the status.
        var after = facts with { Existing = plan.Writes.Aggregate(facts.Existing, (secret, write) => SecretSimulator.Apply(secret, write, facts.Now)) };
        var again = SecretRotationDecision.Decide(after);
        Assert.True(again.IsEmpty, PlanView.Of(again).ToJsonString());
        Assert.Equal(plan.Outcome, again.Outcome);
        Assert.True(plan.Outcome is not Outcome.LookAgain next || next.At > facts.Now, "it would look again without end");
    });

    /// <summary>An apply takes away what its manager applied before and no longer names: a rotation that left one out would reset it.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void Every_rotation_names_all_annotations_of_its_manager(string name) =>
        Assert.All(SecretRotationDecision.Decide(Golden.Facts<Facts>(name).AsGathered()).Writes, w => Assert.Equal(
            [CredentialNames.ChangedAt, CredentialNames.IssuedDigest, CredentialNames.Revision, CredentialNames.RotatedAt],
            ((ApplyObject)w).Object.Body["metadata"]!["annotations"]!.AsObject().Select(a => a.Key).Order(StringComparer.Ordinal)));

    internal sealed record Facts
    {
        public required LLMAccess Access { get; init; }
        public LLMProvider? Provider { get; init; }
        public IReadOnlyDictionary<string, string>? Master { get; init; }
        public SecretFixture? Existing { get; init; }
        public required DateTimeOffset Now { get; init; }

        public SecretRotationFacts AsGathered() => new()
        {
            Access = Access,
            Provider = Provider,
            Master = CredentialFixture.Master(Master, Provider),
            Existing = Existing?.Observed(Access),
            Now = Now,
        };
    }
}
