using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Credentials.SecretProvisioning;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Credentials.SecretProvisioning;

public sealed class SecretProvisioningDecisionTests
{
    private static readonly Lazy<Facts[]> All = new(() => [.. Cases.Select<string, Facts>(name => Golden.Facts<Facts>(name))]);

    public static TheoryData<string> Cases => Golden.Cases();

    [Theory, MemberData(nameof(Cases))]
    public void Decides(string name) => Golden.Check<Facts, JsonObject>(name, f => PlanView.Of(SecretProvisioningDecision.Decide(f.AsGathered())), (facts, verdict) =>
    {
        CredentialFixture.NeverShows(verdict.ToJsonString(), facts.Master, facts.Existing?.Data);
        ChangesNothingWhenDecidedAgain(facts.AsGathered());
    });

    /// <summary>The world of one case with the Secret and the status of every other: whatever was there before, one look brings it to rest.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void Comes_to_rest_whatever_Secret_and_status_it_finds(string name)
    {
        var facts = Golden.Facts<Facts>(name);
        foreach (var other in All.Value)
        {
            var existing = other.Existing is { } e ? e with { Metadata = e.Metadata with { Name = facts.Access.Spec.SecretName } } : null;
            ChangesNothingWhenDecidedAgain((facts with { Existing = existing }).AsGathered());
            ChangesNothingWhenDecidedAgain((facts with { Existing = existing, Access = facts.Access with { Status = other.Access.Status } }).AsGathered());
        }
    }

    private static void ChangesNothingWhenDecidedAgain(SecretProvisioningFacts facts)
    {
        var plan = SecretProvisioningDecision.Decide(facts);
        var after = Apply(plan, facts);
        Assert.All(plan.Notes, n => Assert.Equal((CredentialKinds.LLMAccess, facts.Access.Metadata.Name), (n.Regarding.Kind, n.Regarding.Name)));
        Assert.True(plan.Outcome is not Outcome.LookAgain again || again.At > facts.Now, "it would look again without end");

        // At once, and after a while: a time that moves with the clock would write on every look.
        foreach (var later in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(2) })
        {
            var second = SecretProvisioningDecision.Decide(after with { Now = facts.Now + later });
            Assert.True(second.IsEmpty, $"{later} later: {PlanView.Of(second).ToJsonString()}");
        }
    }

    private static SecretProvisioningFacts Apply(Plan plan, SecretProvisioningFacts facts)
    {
        var (existing, leftovers) = (facts.Existing, facts.Leftovers.ToList());
        foreach (var write in plan.Writes)
        {
            if (write is DeleteObject delete && leftovers.Remove(delete.Target))
            {
                Assert.NotNull(delete.Target.Uid);
                continue;
            }

            Assert.Equal((facts.Access.Metadata.Namespace, facts.Access.Spec.SecretName), (write.Target.Namespace, write.Target.Name));
            Assert.True(
                existing is null || CredentialSecret.IsOwnedBy(existing.Metadata, facts.Access.Metadata) || (write is DeleteObject && CredentialSecret.IsOfNamesake(existing.Metadata, facts.Access.Metadata)),
                "a Secret that is not ours was touched");
            existing = SecretSimulator.Apply(existing, write, facts.Now);
        }

        var status = plan.Status is null ? facts.Access.Status : plan.Status.Status.Deserialize(CredentialJson.Default.LLMAccessStatus);
        return facts with { Existing = existing, Leftovers = leftovers, Access = facts.Access with { Status = status } };
    }

    /// <summary>The facts of a case, readable: what Secrets hold is text.</summary>
    internal sealed record Facts
    {
        public required LLMAccess Access { get; init; }
        public LLMProvider? Provider { get; init; }
        public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }
        public bool NamespaceTerminating { get; init; }

        /// <summary>Key to text; null when the Secret does not exist.</summary>
        public IReadOnlyDictionary<string, string>? Master { get; init; }
        public SecretFixture? Existing { get; init; }

        /// <summary>Names of Secrets from earlier values of spec.secretName.</summary>
        public IReadOnlyList<string> Leftovers { get; init; } = [];
        public required DateTimeOffset Now { get; init; }

        public SecretProvisioningFacts AsGathered() => new()
        {
            Access = Access,
            Provider = Provider?.Metadata.DeletionTimestamp is null ? Provider : null,
            NamespaceLabels = NamespaceLabels,
            NamespaceTerminating = NamespaceTerminating,
            Master = CredentialFixture.Master(Master, Provider),
            Existing = Existing?.Observed(Access),
            Leftovers = [.. Leftovers.Select(l => new ObjectReference(KubernetesKinds.Secret, Access.Metadata.Namespace, l) { Uid = $"uid-of-{l}", ResourceVersion = "650" })],
            Now = Now,
        };
    }
}
