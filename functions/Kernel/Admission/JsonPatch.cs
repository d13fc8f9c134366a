using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentWarden.Kernel.Admission;

/// <summary>One operation of RFC 6902. There is no "remove": admission adds to what the user wrote and takes nothing away.</summary>
internal sealed record JsonPatchOperation(string Op, string Path, JsonNode? Value)
{
    /// <summary>Adds a member or inserts an element; the parent must exist.</summary>
    public static JsonPatchOperation Add(string path, JsonNode? value) => new("add", path, value);

    public static JsonPatchOperation Replace(string path, JsonNode? value) => new("replace", path, value);

    /// <summary>Fails the whole patch unless the value is there.</summary>
    public static JsonPatchOperation Test(string path, JsonNode? value) => new("test", path, value);
}

/// <summary>A patch that names single fields, so whatever a model does not know stays as it is.</summary>
internal static class JsonPatch
{
    /// <summary>A name as one step of a JSON pointer (RFC 6901): ~ first, because / becomes ~1.</summary>
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    public static ReadOnlyMemory<byte> Bytes(IReadOnlyList<JsonPatchOperation> patch)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var operation in patch)
            {
                json.WriteStartObject();
                json.WriteString("op"u8, operation.Op);
                json.WriteString("path"u8, operation.Path);
                json.WritePropertyName("value"u8);
                if (operation.Value is null)
                {
                    json.WriteNullValue();
                }
                else
                {
                    operation.Value.WriteTo(json);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return buffer.WrittenMemory;
    }
}
