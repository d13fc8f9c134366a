using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AgentWarden.Credentials.CredentialPropagation;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Credentials.CredentialPropagation;

public sealed class CredentialPropagationDecisionTests
{
    public static TheoryData<string> Cases => Golden.Cases();

    [Theory, MemberData(nameof(Cases))]
    public void Decides(string name) => Golden.Check<Facts, JsonObject>(name, f => PlanView.Of(CredentialPropagationDecision.Decide(f.AsGathered())), (fixture, _) =>
    {
        var facts = fixture.AsGathered();
        var plan = CredentialPropagationDecision.Decide(facts);
        var again = CredentialPropagationDecision.Decide(facts with { Pods = [.. After(facts.Pods, plan.Writes)] });
        Assert.True(again.IsEmpty, PlanView.Of(again).ToJsonString());
    });

    /// <summary>The plan stops at the first write that fails, wherever that is; the next look must still reach everybody.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void Nobody_is_forgotten_when_a_write_fails(string name)
    {
        var facts = Golden.Facts<Facts>(name).AsGathered();
        var writes = CredentialPropagationDecision.Decide(facts).Writes;
        for (var done = 0; done < writes.Count; done++)
        {
            var restarted = writes.Take(done).Select(w => w.Target).Where(t => t.Kind != KubernetesKinds.Pod).ToHashSet();
            var second = CredentialPropagationDecision.Decide(facts with { Pods = [.. After(facts.Pods, writes.Take(done), replace: false)] }).Writes;
            Assert.Empty(writes.Skip(done).Select(w => w.Target).Except(second.Select(w => w.Target)).Except(restarted));
        }
    }

    [Theory]
    [InlineData("kagent-anthropic", "revision.llmwarden.io/kagent-anthropic")]
    [InlineData("with.dots", "revision.llmwarden.io/with.dots")]
    public void Annotation_names_the_Secret(string secret, string annotation) => Assert.Equal(annotation, CredentialPropagationDecision.AnnotationFor(secret));

    [Fact]
    public void Annotations_of_long_names_are_valid_and_differ()
    {
        var names = new[] { new string('a', 63), new string('a', 64), new string('a', 253), new string('a', 53) + "..b" + new string('c', 60), string.Concat(Enumerable.Repeat("ab-.", 50)) + "z" };
        var annotations = names.Select(CredentialPropagationDecision.AnnotationFor).ToArray();
        Assert.Equal(names.Length, annotations.Distinct(StringComparer.Ordinal).Count());
        Assert.All(annotations, a => Assert.Matches(new Regex("^revision\\.llmwarden\\.io/[a-z0-9]([-a-z0-9_.]{0,61}[a-z0-9])?$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)), a));
    }

    /// <summary>A nudged pod has the annotation; the pods of a restarted workload are replaced by younger ones.</summary>
    private static IEnumerable<ConsumingPod> After(IReadOnlyList<ConsumingPod> pods, IEnumerable<Write> writes, bool replace = true)
    {
        var done = writes.Cast<AnnotateObject>().ToArray();
        foreach (var pod in pods)
        {
            var nudge = done.FirstOrDefault(w => w.Target == pod.Pod || (replace && w.Target == pod.Workload));
            yield return nudge is null ? pod : pod with { Revision = nudge.Annotations.Values.Single() };
        }
    }

    internal sealed record Facts
    {
        public string Secret { get; init; } = "kagent-anthropic";
        public long Revision { get; init; }
        public DateTimeOffset ChangedAt { get; init; }
        public IReadOnlyList<Pod> Pods { get; init; } = [];

        public CredentialPropagationFacts AsGathered() => new()
        {
            Secret = new(KubernetesKinds.Secret, "kagent", Secret),
            Revision = Revision,
            ChangedAt = ChangedAt,
            Pods = [.. Pods.Select(p => new ConsumingPod(new(KubernetesKinds.Pod, "kagent", p.Name) { Uid = $"uid-of-{p.Name}" }, p.Created, p.Revision, p.Mounts, p.InVariables, p.RestartOnRotation, p.Deployment is null ? null : new(KubernetesKinds.Deployment, "kagent", p.Deployment)))],
        };
    }

    internal sealed record Pod(string Name, DateTimeOffset Created, string? Revision, bool Mounts, bool InVariables, bool RestartOnRotation, string? Deployment);
}
