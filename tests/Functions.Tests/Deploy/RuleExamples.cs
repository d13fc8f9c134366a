using System.Text.Json.Nodes;
using AgentWarden.Platform.Composition.Installing;

namespace AgentWarden.Tests.Deploy;

/// <summary>For every CEL rule of deploy/crds a value that it takes and one that it refuses.</summary>
internal static class RuleExamples
{
    private const string ApiKey = """{"type":"apiKey","apiKey":{"secretRef":{"name":"m","namespace":"n","key":"k"}}}""";
    private const string External =
        """{"type":"externalSecret","externalSecret":{"store":{"name":"s","kind":"SecretStore"},"remoteRef":{"key":"k"}}}""";
    private const string Workload =
        """{"type":"workloadIdentity","workloadIdentity":{"gcp":{"serviceAccountEmail":"a@b","projectId":"p"}}}""";

    public static IReadOnlyList<RuleExample> All { get; } =
    [
        Access("spec.secretName", "self.size", "\"kagent-anthropic.v2\"", "\"Not.A.Name!\""),
        Access("spec.injection.volume.mountPath", "startsWith", "\"/var/run/secrets/llm\"", "\"relative\""),
        Access("spec.injection.volume.mountPath", "contains", "\"/var/run/secrets/llm\"", "\"/a:b\""),
        Access("spec.rotation.interval", "matches", "\"90m\"", "\"00m\""),
        Provider("spec.auth", "'apiKey'", ApiKey, """{"type":"apiKey"}"""),
        Provider("spec.auth", "'externalSecret'", External, """{"type":"externalSecret"}"""),
        Provider("spec.auth", "'workloadIdentity'", Workload, """{"type":"workloadIdentity"}"""),
        Provider("spec.auth.apiKey.rotation.interval", "matches", "\"30d\"", "\"0d\""),
    ];

    /// <summary>The rules as the definitions have them.</summary>
    public static IReadOnlyList<(string Kind, string Field, string Rule, string Message)> Rules { get; } =
        [.. Manifests.CustomResourceDefinitions().SelectMany(d =>
            RulesBelow((string)d["spec"]!["names"]!["kind"]!, "", d["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!))];

    private static IEnumerable<(string Kind, string Field, string Rule, string Message)> RulesBelow(
        string kind, string field, JsonNode schema)
    {
        foreach (var rule in schema["x-kubernetes-validations"] as JsonArray ?? [])
        {
            yield return (kind, field, (string)rule!["rule"]!, (string)rule["message"]!);
        }

        var below = (schema["properties"] as JsonObject ?? []).Select(p => (field.Length == 0 ? p.Key : $"{field}.{p.Key}", p.Value!));
        var items = schema["items"] is { } item ? [($"{field}[]", item)] : Array.Empty<(string, JsonNode)>();
        foreach (var found in items.Concat(below).SelectMany(b => RulesBelow(kind, b.Item1, b.Item2)))
        {
            yield return found;
        }
    }

    private static RuleExample Access(string field, string rule, string taken, string refused) =>
        new("LLMAccess", field, rule, taken, refused);

    private static RuleExample Provider(string field, string rule, string taken, string refused) =>
        new("LLMProvider", field, rule, taken, refused);
}

/// <param name="Kind">Of the object.</param>
/// <param name="Field">Where the rule stands, with dots.</param>
/// <param name="RuleHas">What tells the rule from the others of that field.</param>
/// <param name="Taken">The field's value, JSON.</param>
/// <param name="Refused">The field's value, JSON.</param>
internal sealed record RuleExample(string Kind, string Field, string RuleHas, string Taken, string Refused)
{
    /// <summary>The rule itself; there is exactly one.</summary>
    public (string Kind, string Field, string Rule, string Message) Rule =>
        Assert.Single(RuleExamples.Rules, r => r.Kind == Kind && r.Field == Field && r.Rule.Contains(RuleHas, StringComparison.Ordinal));

    /// <summary>A whole object whose field has that value.</summary>
    public JsonObject With(string value, string name)
    {
        var spec = Kind == "LLMAccess"
            ? """{"providerRef":{"name":"p"},"secretName":"s","injection":{}}"""
            : """{"provider":"anthropic","auth":{"type":"apiKey","apiKey":{"secretRef":{"name":"m","namespace":"n","key":"k"}}}}""";
        var document = new JsonObject
        {
            ["apiVersion"] = "llmwarden.io/v1alpha1",
            ["kind"] = Kind,
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = JsonNode.Parse(spec),
        };
        var steps = Field.Split('.');
        var parent = document;
        foreach (var step in steps[..^1])
        {
            parent = (parent[step] ??= new JsonObject()).AsObject();
        }

        parent[steps[^1]] = JsonNode.Parse(value);
        return document;
    }

    public override string ToString() => $"{Kind} {Field} {RuleHas}";
}
