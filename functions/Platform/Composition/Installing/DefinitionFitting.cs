using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Takes out of a CustomResourceDefinition what an old API server refuses to be given: server-side apply knows no unknown fields. Pure.</summary>
internal static class DefinitionFitting
{
    private const string Rules = "x-kubernetes-validations";

    /// <summary>Before 1.23 no server knows CEL rules; the validating webhook refuses the same there.</summary>
    public static JsonObject Fit(JsonObject definition, ServerVersion server)
    {
        if (server.AtLeast(1, 23))
        {
            return definition;
        }

        var fitted = definition.DeepClone().AsObject();
        Remove(fitted);
        return fitted;
    }

    private static void Remove(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                map.Remove(Rules);
                foreach (var (_, child) in map)
                {
                    Remove(child);
                }

                break;
            case JsonArray list:
                foreach (var child in list)
                {
                    Remove(child);
                }

                break;
        }
    }
}
