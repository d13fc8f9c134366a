using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>
/// Of an object inside an event (Knative's Resource mode) only what subscriptions are decided by: names, labels, owners.
/// Annotations are left out with the rest: kubectl keeps whole objects in one.
/// </summary>
internal static class ObservedMetadata
{
    /// <param name="metadata">The object's <c>metadata</c>, as it came.</param>
    /// <param name="target">Its names, already checked.</param>
    public static ObjectMeta Read(JsonElement metadata, ObjectReference target) => new()
    {
        Name = target.Name,
        Namespace = target.Namespace,
        Uid = target.Uid,
        ResourceVersion = target.ResourceVersion,
        Labels = Labels(metadata),
        OwnerReferences = Owners(metadata),
    };

    private static Dictionary<string, string> Labels(JsonElement metadata)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (metadata.TryGetProperty("labels", out var all) && all.ValueKind == JsonValueKind.Object)
        {
            foreach (var label in all.EnumerateObject().Where(l => l.Value.ValueKind == JsonValueKind.String))
            {
                labels[label.Name] = label.Value.GetString()!;
            }
        }

        return labels;
    }

    // An owner's name comes from outside and is read by: one that Kubernetes would not allow is no owner.
    private static List<OwnerReference> Owners(JsonElement metadata) =>
        metadata.TryGetProperty("ownerReferences", out var all) && all.ValueKind == JsonValueKind.Array
            ? [.. all.EnumerateArray().Select(o => new OwnerReference { ApiVersion = Text(o, "apiVersion"), Kind = Text(o, "kind"), Name = Text(o, "name"), Uid = Text(o, "uid") }).Where(o => ObjectNames.IsPathSegment(o.Name))]
            : [];

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
