using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Takes out of webhook configurations what an old API server refuses to be given. Pure.</summary>
internal static class WebhookFitting
{
    private const string Conditions = "matchConditions";

    /// <summary>
    /// Before 1.28 servers do not know match conditions, or know them and have them switched off. They only spare calls whose answer would
    /// be "allowed, unchanged": without them the same pods and objects are let in.
    /// </summary>
    public static IReadOnlyList<JsonObject> Fit(IReadOnlyList<JsonObject> configurations, ServerVersion server) =>
        server.AtLeast(1, 28) ? configurations : [.. configurations.Select(WithoutConditions)];

    private static JsonObject WithoutConditions(JsonObject configuration)
    {
        var fitted = configuration.DeepClone().AsObject();
        foreach (var webhook in (fitted["webhooks"] as JsonArray ?? []).OfType<JsonObject>())
        {
            webhook.Remove(Conditions);
        }

        return fitted;
    }
}
