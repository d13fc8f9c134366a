using System.Text.Json.Nodes;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>Admission reviews as an API server sends them.</summary>
internal static class Reviews
{
    /// <summary>A pod that the guide's access selects.</summary>
    public static string OfPod(string ns, string uid) => new JsonObject
    {
        ["apiVersion"] = "admission.k8s.io/v1",
        ["kind"] = "AdmissionReview",
        ["request"] = new JsonObject
        {
            ["uid"] = uid,
            ["operation"] = "CREATE",
            ["namespace"] = ns,
            ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "Pod" },
            ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
            ["object"] = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["name"] = "p", ["labels"] = new JsonObject { ["kagent.dev/agent"] = "reasoning-agent" } },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
            },
        },
    }.ToJsonString();
}
