using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary><c>v1.ObjectReference</c>: apiVersion, kind, name, namespace and, when known, uid and resourceVersion.</summary>
internal static class ObjectReferenceJson
{
    public static void Write(Utf8JsonWriter writer, ObjectReference target)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion"u8, target.Kind.ApiVersion);
        writer.WriteString("kind"u8, target.Kind.Kind);
        writer.WriteString("name"u8, target.Name);
        Optional(writer, "namespace", target.Namespace);
        Optional(writer, "uid", target.Uid);
        Optional(writer, "resourceVersion", target.ResourceVersion);
        writer.WriteEndObject();
    }

    /// <summary>Reads a reference, or the metadata of an object whose apiVersion and kind stand in <paramref name="typed"/>.</summary>
    /// <exception cref="InvalidOperationException">The text is not valid Unicode.</exception>
    public static ObjectReferenceReading Read(JsonElement named, KindTable kinds, JsonElement typed) =>
        Resolve(kinds, Text(typed, "apiVersion"), Text(typed, "kind"), Text(named, "namespace"), Text(named, "name"), Text(named, "uid"), Text(named, "resourceVersion"));

    /// <summary>A reference that somebody here has made: the kind is looked up all the same, because only known kinds are looked at.</summary>
    public static ObjectReferenceReading Resolve(KindTable kinds, ObjectReference target) =>
        Resolve(kinds, target.Kind.ApiVersion, target.Kind.Kind, target.Namespace, target.Name, target.Uid, target.ResourceVersion);

    /// <summary>Names from outside go into the path of a request: what is no valid name is refused, and a kind that nobody looks at is not ours.</summary>
    public static ObjectReferenceReading Resolve(KindTable kinds, string? apiVersion, string? kind, string? ns, string? name, string? uid, string? version)
    {
        if (apiVersion is null || kind is null || name is null)
        {
            return new(null, "its data names no object: apiVersion, kind and name are needed", IsMalformed: true);
        }

        if (kinds.Find(apiVersion, kind) is not { } known)
        {
            return new(null, "no function looks at objects of this kind", IsMalformed: false);
        }

        return ObjectNames.IsPathSegment(name) && (!known.Namespaced || (ns is not null && ObjectNames.IsDnsLabel(ns)))
            ? new(new ObjectReference(known, known.Namespaced ? ns : null, name) { Uid = uid, ResourceVersion = version }, null, IsMalformed: false)
            : new(null, "its data does not hold a valid object name, or no namespace for a namespaced kind", IsMalformed: true);
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static void Optional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}

/// <summary>A reference, or why there is none: malformed is the sender's mistake, the rest is merely not ours.</summary>
internal readonly record struct ObjectReferenceReading(ObjectReference? Object, string? Problem, bool IsMalformed);
