using System.Text.Json.Nodes;

namespace AgentWarden.Kernel.Status;

/// <summary>Conditions as JSON, in the order of <c>metav1.Condition</c>.</summary>
internal static class ConditionJson
{
    public static JsonArray Array(IReadOnlyList<Condition>? conditions) => new([.. (conditions ?? []).Select(c => (JsonNode)Object(c))]);

    private static JsonObject Object(Condition condition) => new()
    {
        ["type"] = condition.Type,
        ["status"] = condition.Status,
        ["reason"] = condition.Reason,
        ["message"] = condition.Message,
        ["observedGeneration"] = condition.ObservedGeneration,
        ["lastTransitionTime"] = KubernetesTime.Format(condition.LastTransitionTime),
    };
}
