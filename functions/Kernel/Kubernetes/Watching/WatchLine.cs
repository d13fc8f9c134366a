using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes.Http;

namespace AgentWarden.Kernel.Kubernetes.Watching;

/// <summary>Reads one line of a watch: <c>{"type":"ADDED","object":{…}}</c>.</summary>
internal static class WatchLine
{
    /// <exception cref="KubernetesException">The line is an ERROR event.</exception>
    /// <exception cref="JsonException">The line is not a watch event.</exception>
    public static WatchEvent<T> Read<T>(string asked, ReadOnlySpan<byte> line, JsonTypeInfo<T> type) where T : class
    {
        var (what, start, length) = Split(line);
        var body = line.Slice(start, length);
        if (what is "ERROR")
        {
            throw StatusReader.Read(asked, HttpStatusCode.InternalServerError, body, retryAfter: null);
        }

        var change = what switch
        {
            "ADDED" => WatchEventType.Added,
            "MODIFIED" => WatchEventType.Modified,
            "DELETED" => WatchEventType.Deleted,
            "BOOKMARK" => WatchEventType.Bookmark,
            _ => throw new JsonException("not a watch event"),
        };
        if (change == WatchEventType.Bookmark)
        {
            return new(change, Object: null, AnswerMetadata.Read(body).ResourceVersion);
        }

        try
        {
            return new(change, JsonSerializer.Deserialize(body, type), ResourceVersion: null);
        }
        catch (JsonException e)
        {
            // One object that does not fit must not stop the watch of all others.
            var metadata = AnswerMetadata.Read(body);
            return new(change, Object: null, metadata.ResourceVersion, new(new(metadata.Namespace, metadata.Name), e.Path ?? "$"));
        }
    }

    private static (string? Type, int Start, int Length) Split(ReadOnlySpan<byte> line)
    {
        string? what = null;
        int start = 0, length = 0;
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("not a watch event");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                what = reader.GetString();
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                start = (int)reader.TokenStartIndex;
                reader.Skip();
                length = (int)reader.BytesConsumed - start;
            }
            else
            {
                reader.Skip();
            }
        }

        return (what, start, length);
    }
}
