using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.CloudEvents;

/// <summary><c>v1.ObjectReference</c>: apiVersion, kind, name, namespace and, when known, uid and resourceVersion.</summary>
internal static class ObjectReferenceJson
{
    public static byte[] Write(ObjectReference target)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            Write(writer, target);
        }

        return stream.ToArray();
    }

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

    private static void Optional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
