using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Tests.Kernel.Admission;

namespace AgentWarden.Tests.Credentials.CredentialInjection;

public sealed class CredentialInjectionDecisionTests
{
    public static TheoryData<string> Cases => Golden.Cases();

    [Theory, MemberData(nameof(Cases))]
    public void Decides(string name) => Golden.Check<Facts, AdmissionResult>(name, f => f.Decide(), (facts, verdict) =>
    {
        var patched = verdict is AdmissionResult.Patched p ? JsonPatchApplier.Apply(facts.Pod, p.Patch) : facts.Pod;
        Assert.True(JsonPatchApplier.Contains(patched, WithoutOurAnnotations(facts.Pod)), "a field of the user was lost");

        // Kubernetes calls a webhook again when a later one changed the pod.
        var again = (facts with { Pod = patched }).Decide();
        Assert.IsType<AdmissionResult.Allowed>(again);
        Assert.Equal(verdict.Warnings, again.Warnings);
    });

    internal static JsonNode WithoutOurAnnotations(JsonNode pod)
    {
        var copy = pod.DeepClone();
        (copy["metadata"]?["annotations"] as JsonObject)?.Remove(CredentialNames.InjectedProviders);
        (copy["metadata"]?["annotations"] as JsonObject)?.Remove(CredentialNames.InjectionStatus);
        return copy;
    }

    /// <summary>The facts of a case, readable: the pod as JSON, the accesses as their manifests.</summary>
    internal sealed record Facts(JsonNode Pod, IReadOnlyList<JsonNode> Accesses)
    {
        public AdmissionResult Decide() => CredentialInjectionDecision.Decide(new(
            Encoding.UTF8.GetBytes(Pod.ToJsonString()),
            [.. Accesses.Select(a => a.Deserialize(CredentialJson.Default.LLMAccess)!)]));
    }
}
