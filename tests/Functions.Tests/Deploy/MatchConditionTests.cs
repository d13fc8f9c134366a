using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Admission.ResourceValidation;
using AgentWarden.Credentials;
using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Tests.Kernel.Admission;
using FsCheck;
using FsCheck.Fluent;

namespace AgentWarden.Tests.Deploy;

/// <summary>
/// The match conditions of deploy/base/webhooks.yaml, evaluated as CEL: whatever they keep from us would have been allowed unchanged, and
/// they never fail, whatever the object lacks.
/// </summary>
public sealed class MatchConditionTests
{
    private const string Mirror = CredentialInjectionDecision.MirrorPod;

    private static readonly LLMAccess ForEveryPod = new()
    {
        Metadata = new() { Name = "agent", Namespace = "kagent" },
        Spec = new()
        {
            ProviderRef = new() { Name = "anthropic" },
            SecretName = "agent-key",
            WorkloadSelector = new LabelSelector(),
            Injection = new() { Env = [new() { Name = "KEY", SecretKey = "apiKey" }] },
        },
    };

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("", "", true)]
    [InlineData("other/inject", "false", true)]
    [InlineData(CredentialNames.Inject, "true", true)]
    [InlineData(CredentialNames.Inject, "no", true)]
    // We read it as false all the same; the condition need not know every way to write it.
    [InlineData(CredentialNames.Inject, "FALSE", true)]
    [InlineData(CredentialNames.Inject, "false", false)]
    [InlineData(Mirror, "8a3bd9cb", false)]
    [InlineData(Mirror, "", false)]
    public void A_pod_that_is_left_alone_in_any_case_does_not_reach_us(string? annotation, string? value, bool reaches)
    {
        var annotations = annotation switch { null => null, "" => new JsonObject(), _ => new JsonObject { [annotation] = value } };
        Assert.Equal(reaches, Reaches("CREATE", Pod(annotations), null));
    }

    [Fact]
    public void Whatever_its_annotations_a_pod_that_does_not_reach_us_would_have_been_left_as_it_is() =>
        Prop.ForAll(Annotations.ToArbitrary(), annotations => Reaches("CREATE", Pod(annotations), null) || IsLeftAlone(Pod(annotations)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [InlineData("CREATE", """{"spec":{"a":1}}""", null, true)]
    [InlineData("UPDATE", """{"spec":{"a":1}}""", """{"spec":{"a":2}}""", true)]
    [InlineData("UPDATE", """{"spec":{"a":["x","y"]}}""", """{"spec":{"a":["y","x"]}}""", true)]
    [InlineData("UPDATE", """{"spec":{"a":null}}""", """{"spec":{}}""", true)]
    [InlineData("UPDATE", """{"spec":{"a":1}}""", "{}", true)]
    [InlineData("UPDATE", "{}", """{"spec":{"a":1}}""", true)]
    [InlineData("UPDATE", """{"spec":{"a":{"b":[1,true,"x"]}}}""", """{"spec":{"a":{"b":[1,true,"x"]}}}""", false)]
    [InlineData("UPDATE", """{"spec":{"a":1,"b":2}}""", """{"spec":{"b":2,"a":1}}""", false)]
    [InlineData("DELETE", null, """{"spec":{"a":1}}""", true)]
    public void A_change_that_leaves_the_spec_does_not_reach_us(string operation, string? now, string? before, bool reaches) =>
        Check(operation, Named(now, "l1"), Named(before, "l2"), reaches);

    [Theory]
    [InlineData("UPDATE", false)]
    [InlineData("CREATE", true)]
    public void What_is_being_deleted_does_not_reach_us_when_it_changes(string operation, bool reaches)
    {
        var now = Named("""{"spec":{"secretName":"Not A Name"}}""", "l1")!;
        now["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        Check(operation, now, operation == "UPDATE" ? Named("""{"spec":{}}""", "l1") : null, reaches);
    }

    /// <summary>For each of our kinds: what does not reach the function is, in its own words, nothing to look at.</summary>
    private static void Check(string operation, JsonObject? now, JsonObject? before, bool reaches)
    {
        Assert.Equal(reaches, Reaches(operation, now, before, validating: true));
        foreach (var kind in reaches ? [] : new[] { CredentialKinds.LLMAccess, CredentialKinds.LLMProvider })
        {
            var body = Reviews.Of(kind.Group, kind.Kind, operation, now, before, kind.Namespaced ? "kagent" : null);
            var review = AdmissionReviewReader.Read(Encoding.UTF8.GetBytes(body), out _);
            Assert.Same(AdmissionResult.Untouched, ResourceValidationScope.Outside(review!));
        }
    }

    private static bool Reaches(string operation, JsonNode? now, JsonNode? before, bool validating = false)
    {
        var webhook = Assert.Single(Manifests.Webhooks()[validating ? 1 : 0]["webhooks"]!.AsArray())!;
        var conditions = webhook["matchConditions"]!.AsArray();
        Assert.NotEmpty(conditions);
        // All of them, and not the first that says no: an error in any would refuse the request.
        var hold = conditions.Select(c => CelExpressions.Holds((string)c!["expression"]!, operation, now, before)).ToArray();
        return hold.All(h => h);
    }

    private static bool IsLeftAlone(JsonNode pod) => ReferenceEquals(
        AdmissionResult.Untouched, CredentialInjectionDecision.Decide(new(Encoding.UTF8.GetBytes(pod.ToJsonString()), [ForEveryPod])));

    private static JsonObject Pod(JsonObject? annotations)
    {
        var metadata = new JsonObject { ["name"] = "agent-0", ["namespace"] = "kagent" };
        if (annotations is not null)
        {
            metadata["annotations"] = annotations.DeepClone();
        }

        var container = new JsonObject { ["name"] = "c", ["image"] = "x" };
        return new JsonObject { ["metadata"] = metadata, ["spec"] = new JsonObject { ["containers"] = new JsonArray(container) } };
    }

    private static JsonObject? Named(string? json, string label)
    {
        var parsed = json is null ? null : JsonNode.Parse(json)!.AsObject();
        parsed?.Add("metadata", new JsonObject { ["name"] = "agent", ["labels"] = new JsonObject { ["l"] = label } });
        return parsed;
    }

    private static readonly Gen<(string Key, string Value)> Annotation =
        from key in Gen.Elements(CredentialNames.Inject, Mirror, CredentialNames.InjectContainers, "kubernetes.io/config.source", "x.io/")
        from value in Gen.Elements("false", "False", " false ", "true", "", "c", "0")
        select (key, value);

    private static readonly Gen<JsonObject?> Annotations =
        from count in Gen.Choose(-1, 3)
        from some in Annotation.ListOf(Math.Max(count, 0))
        let distinct = some.DistinctBy(a => a.Key, StringComparer.Ordinal)
        select count < 0 ? null : new JsonObject(distinct.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));
}
