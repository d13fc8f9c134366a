using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Planning;

/// <summary>The request bodies of a plan. The one place where secret values become bytes on their way to the API server.</summary>
internal static class PlanBodies
{
    /// <summary>The object with identity and, as preconditions, the UID and version that the plan was decided on.</summary>
    public static ReadOnlyMemory<byte> Object(DesiredObject desired, ObjectReference target, bool preconditions)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion"u8, target.Kind.ApiVersion);
            json.WriteString("kind"u8, target.Kind.Kind);
            WriteMetadata(json, target, preconditions ? target.ResourceVersion : null, preconditions ? target.Uid : null, desired.Body["metadata"] as JsonObject);
            foreach (var (name, value) in desired.Body)
            {
                if (name is not ("apiVersion" or "kind" or "metadata"))
                {
                    json.WritePropertyName(name);
                    WriteNode(json, value);
                }
            }

            if (desired.SecretData is { } data)
            {
                json.WriteStartObject("data"u8);
                foreach (var (key, value) in data)
                {
                    json.WriteBase64String(key, value.Reveal());
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Status(StatusWrite status)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion"u8, status.Target.Kind.ApiVersion);
            json.WriteString("kind"u8, status.Target.Kind.Kind);
            // The UID keeps the status of a deleted object away from a new one of the same name.
            WriteMetadata(json, status.Target, resourceVersion: null, status.Target.Uid, more: null);
            json.WritePropertyName("status"u8);
            WriteNode(json, status.Status);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>A merge patch: <c>{"metadata":{"annotations":{…}}}</c> at the path.</summary>
    public static ReadOnlyMemory<byte> Annotations(AnnotateObject annotate)
    {
        JsonNode body = new JsonObject
        {
            ["annotations"] = new JsonObject(annotate.Annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))),
        };
        foreach (var step in annotate.Path.Split('.').Reverse())
        {
            body = new JsonObject { [step] = body };
        }

        return Bytes(body);
    }

    /// <summary>A merge patch with null at each pointer: unlike a JSON patch it also holds where the field is gone already.</summary>
    public static ReadOnlyMemory<byte> Removal(RemoveFields remove)
    {
        var body = new JsonObject();
        var metadata = new JsonObject();
        if (remove.Target.Uid is { } uid)
        {
            metadata["uid"] = uid;
        }

        if (remove.Target.ResourceVersion is { } version)
        {
            metadata["resourceVersion"] = version;
        }

        if (metadata.Count > 0)
        {
            body["metadata"] = metadata;
        }

        foreach (var pointer in remove.Pointers)
        {
            var steps = pointer.Split('/')[1..].Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
            var at = body;
            foreach (var step in steps[..^1])
            {
                at[step] ??= new JsonObject();
                at = at[step]!.AsObject();
            }

            at[steps[^1]] = null;
        }

        return Bytes(body);
    }

    private static void WriteMetadata(Utf8JsonWriter json, ObjectReference target, string? resourceVersion, string? uid, JsonObject? more)
    {
        json.WriteStartObject("metadata"u8);
        json.WriteString("name"u8, target.Name);
        if (target.Namespace is not null)
        {
            json.WriteString("namespace"u8, target.Namespace);
        }

        if (uid is not null)
        {
            json.WriteString("uid"u8, uid);
        }

        if (resourceVersion is not null)
        {
            json.WriteString("resourceVersion"u8, resourceVersion);
        }

        foreach (var (name, value) in more ?? [])
        {
            json.WritePropertyName(name);
            WriteNode(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter json, JsonNode? node)
    {
        if (node is null)
        {
            json.WriteNullValue();
        }
        else
        {
            node.WriteTo(json);
        }
    }

    private static ReadOnlyMemory<byte> Bytes(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            node.WriteTo(json);
        }

        return buffer.WrittenMemory;
    }
}
