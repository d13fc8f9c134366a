using System.Text.Json;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Reads who and which version from an object's JSON and skips all the rest, so that a write costs next to no memory.</summary>
internal static class AnswerMetadata
{
    public static ObjectMeta Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("metadata"u8))
                {
                    reader.Read();
                    return Metadata(ref reader);
                }

                reader.Skip();
            }
        }

        return new ObjectMeta();
    }

    private static ObjectMeta Metadata(ref Utf8JsonReader reader)
    {
        string? name = null, ns = null, uid = null, version = null;
        long generation = 0;
        DateTimeOffset? created = null, deleted = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new ObjectMeta();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8)) { reader.Read(); name = reader.GetString(); }
            else if (reader.ValueTextEquals("namespace"u8)) { reader.Read(); ns = reader.GetString(); }
            else if (reader.ValueTextEquals("uid"u8)) { reader.Read(); uid = reader.GetString(); }
            else if (reader.ValueTextEquals("resourceVersion"u8)) { reader.Read(); version = reader.GetString(); }
            else if (reader.ValueTextEquals("generation"u8)) { reader.Read(); generation = reader.GetInt64(); }
            else if (reader.ValueTextEquals("creationTimestamp"u8)) { reader.Read(); created = Time(ref reader); }
            else if (reader.ValueTextEquals("deletionTimestamp"u8)) { reader.Read(); deleted = Time(ref reader); }
            else { reader.Skip(); }
        }

        return new ObjectMeta { Name = name ?? "", Namespace = ns, Uid = uid, ResourceVersion = version, Generation = generation, CreationTimestamp = created, DeletionTimestamp = deleted };
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : null;
}
