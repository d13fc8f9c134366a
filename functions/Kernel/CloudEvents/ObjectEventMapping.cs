using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.CloudEvents;

/// <summary>
/// Cluster change to CloudEvent and back, as Knative's ApiServerSource writes it, so that either can stand in for the other.
/// The event only names the object; what the object holds never travels.
/// </summary>
internal static class ObjectEventMapping
{
    /// <summary>Extension attribute that names the function an event is for, so that one topic or queue serves all functions.</summary>
    public const string FunctionAttribute = "function";

    private const string Reference = "dev.knative.apiserver.ref.";
    private const string Resource = "dev.knative.apiserver.resource.";

    /// <summary>The id comes from uid and resourceVersion: the same change sent twice is the same event.</summary>
    public static CloudEvent ToCloudEvent(ResourceKind kind, ObjectMeta metadata, ObjectChange change, string source, DateTimeOffset time) =>
        ToCloudEvent(new ObjectEvent(change, ObjectReference.To(kind, metadata)), source, time);

    public static CloudEvent ToCloudEvent(ObjectEvent change, string source, DateTimeOffset time)
    {
        var target = change.Object;
        var extensions = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["apiversion"] = target.Kind.ApiVersion,
            ["kind"] = target.Kind.Kind,
            ["name"] = target.Name,
        };
        if (target.Namespace is not null)
        {
            extensions["namespace"] = target.Namespace;
        }

        return new CloudEvent
        {
            Id = EventId(change),
            Source = source,
            Type = Reference + Suffix(change.Change),
            Subject = Subject(target),
            Time = time,
            DataContentType = MediaTypes.Json,
            Extensions = extensions,
            Data = ObjectReferenceJson.Write(target),
        };
    }

    /// <summary>What the event says to look at, or why that cannot be told.</summary>
    public static ObjectEventReading FromCloudEvent(CloudEvent cloudEvent, KindTable kinds)
    {
        if (Change(cloudEvent.Type) is not { } change)
        {
            return ObjectEventReading.NotForUs($"its type is not one of {Reference}add, update, delete (or {Resource}…)");
        }

        // Without data the extension attributes name the object as well.
        if (!cloudEvent.HasJsonData)
        {
            var extensions = cloudEvent.Extensions;
            return Named(change, kinds, extensions.GetValueOrDefault("apiversion"), extensions.GetValueOrDefault("kind"),
                extensions.GetValueOrDefault("namespace"), extensions.GetValueOrDefault("name"), null, null);
        }

        try
        {
            using var document = JsonDocument.Parse(cloudEvent.Data);
            var data = document.RootElement;
            // Resource mode sends the whole object: its name is in metadata, and nothing else of it is looked at.
            var named = cloudEvent.Type.StartsWith(Resource, StringComparison.Ordinal) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("metadata", out var metadata) ? metadata : data;
            return Named(change, kinds, Text(data, "apiVersion"), Text(data, "kind"), Text(named, "namespace"), Text(named, "name"), Text(named, "uid"), Text(named, "resourceVersion"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return ObjectEventReading.Malformed("its data is not valid JSON");
        }
    }

    private static ObjectEventReading Named(ObjectChange change, KindTable kinds, string? apiVersion, string? kind, string? ns, string? name, string? uid, string? version)
    {
        if (apiVersion is null || kind is null || name is null)
        {
            return ObjectEventReading.Malformed("its data names no object: apiVersion, kind and name are needed");
        }

        if (kinds.Find(apiVersion, kind) is not { } known)
        {
            return ObjectEventReading.NotForUs("no function looks at objects of this kind");
        }

        if (!ObjectNames.IsPathSegment(name) || (known.Namespaced && (ns is null || !ObjectNames.IsDnsLabel(ns))))
        {
            return ObjectEventReading.Malformed("its data does not hold a valid object name, or no namespace for a namespaced kind");
        }

        return ObjectEventReading.Of(new ObjectEvent(change, new ObjectReference(known, known.Namespaced ? ns : null, name) { Uid = uid, ResourceVersion = version }));
    }

    // Knative forms the plural by adding an "s" and has an empty namespace for cluster-scoped objects; triggers filter on exactly that text.
    private static string Subject(ObjectReference target) =>
        $"/apis/{target.Kind.ApiVersion}/namespaces/{target.Namespace}/{target.Kind.Kind.ToLowerInvariant()}s/{target.Name}";

    private static string EventId(ObjectEvent change)
    {
        // Follow-ups may know neither uid nor version; then the name is the identity, and repeats are one event.
        var identity = change.Object.Uid ?? $"{change.Object.Kind}/{change.Object.Key}";
        var id = $"{identity}-{change.Object.ResourceVersion ?? "0"}";
        return change.Change == ObjectChange.Delete ? $"{id}-delete" : id;
    }

    private static string Suffix(ObjectChange change) => change switch
    {
        ObjectChange.Add => "add",
        ObjectChange.Update => "update",
        _ => "delete",
    };

    private static ObjectChange? Change(string type)
    {
        var suffix = type.StartsWith(Reference, StringComparison.Ordinal) ? type[Reference.Length..]
            : type.StartsWith(Resource, StringComparison.Ordinal) ? type[Resource.Length..]
            : "";
        return suffix switch
        {
            "add" => ObjectChange.Add,
            "update" => ObjectChange.Update,
            "delete" => ObjectChange.Delete,
            _ => null,
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}

/// <summary>An event that names an object, or why it does not: malformed is the sender's mistake, the rest is merely not ours.</summary>
internal readonly record struct ObjectEventReading(ObjectEvent? Event, string? Problem, bool IsMalformed)
{
    public static ObjectEventReading Of(ObjectEvent change) => new(change, null, false);

    public static ObjectEventReading Malformed(string problem) => new(null, problem, true);

    public static ObjectEventReading NotForUs(string problem) => new(null, problem, false);
}
