using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Tests.Kernel.Planning;

/// <summary>A plan as a person reads it, for golden files: secret data only as length and digest.</summary>
internal static class PlanView
{
    public static JsonObject Of(Plan plan) => new()
    {
        ["outcome"] = plan.Outcome is Outcome.LookAgain again ? $"look again at {KubernetesTime.Format(again.At)}" : "done",
        ["writes"] = new JsonArray([.. plan.Writes.Select(w => (JsonNode)Of(w))]),
        ["status"] = plan.Status is { } status ? new JsonObject { ["of"] = Of(status.Target), ["is"] = status.Status.DeepClone() } : null,
        ["notes"] = new JsonArray([.. plan.Notes.Select(n => (JsonNode)$"{n.Severity} {n.Reason} about {n.Regarding}: {n.Message}")]),
    };

    private static JsonObject Of(Write write) => write switch
    {
        CreateObject create => new() { ["create"] = Of(create.Target), ["object"] = Of(create.Object) },
        ApplyObject apply => new() { ["apply"] = Of(apply.Target), ["object"] = Of(apply.Object) },
        DeleteObject delete => new() { ["delete"] = Of(delete.Target) },
        RemoveFields remove => new() { ["remove"] = Of(remove.Target), ["fields"] = string.Join(", ", remove.Pointers) },
        AnnotateObject annotate => new() { ["annotate"] = Of(annotate.Target), ["at"] = annotate.Path, ["annotations"] = new JsonObject(annotate.Annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))) },
        _ => throw new NotSupportedException(write.GetType().Name),
    };

    /// <summary>The name, and what the write insists on.</summary>
    private static string Of(ObjectReference target) =>
        $"{target}{(target.Uid is { } uid ? $", uid {uid}" : "")}{(target.ResourceVersion is { } version ? $", version {version}" : "")}";

    private static JsonNode Of(DesiredObject desired)
    {
        var body = desired.Body.DeepClone();
        body["data"] = new JsonObject((desired.SecretData ?? new Dictionary<string, AgentWarden.Kernel.Secrets.SecretValue>(StringComparer.Ordinal)).Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value.ToString())));
        return body;
    }
}
