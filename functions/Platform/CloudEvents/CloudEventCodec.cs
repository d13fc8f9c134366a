using System.Text.Json;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Reads the three modes of the CloudEvents HTTP binding (structured, batched, binary) and writes the first two.</summary>
internal static class CloudEventCodec
{
    /// <summary>More events than this in one batch are refused: a batch is answered as a whole.</summary>
    public const int MaxBatch = 1000;

    private const string Accepted =
        "Send a CloudEvent 1.0: structured (Content-Type: application/cloudevents+json), a batch (application/cloudevents-batch+json), or binary (ce-specversion, ce-id, ce-source and ce-type headers).";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    /// <summary>The events of a request. Throws <see cref="CloudEventException"/> when the request holds none that can be read.</summary>
    public static IReadOnlyList<CloudEvent> Parse(IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
    {
        var contentType = headers.TryGetValue("Content-Type", out var value) ? value : null;
        if (MediaTypes.IsCloudEvents(contentType))
        {
            return MediaTypes.Is(contentType, MediaTypes.Structured) ? [ParseStructured(body)]
                : MediaTypes.Is(contentType, MediaTypes.Batch) ? ParseBatch(body)
                : throw new CloudEventException($"Only the JSON format of CloudEvents is read here. {Accepted}") { IsMediaType = true };
        }

        if (headers.ContainsKey("ce-specversion") || headers.ContainsKey("ce-id") || headers.ContainsKey("ce-type"))
        {
            return [CloudEventHeaders.Read(headers, contentType, body)];
        }

        throw new CloudEventException($"This is not a CloudEvent: neither its Content-Type nor its headers say so. {Accepted}") { IsMediaType = true };
    }

    /// <summary>One event in JSON, as in a queue message.</summary>
    public static CloudEvent ParseStructured(ReadOnlyMemory<byte> json)
    {
        using var document = Document(json);
        return CloudEventJson.Read(document.RootElement);
    }

    public static IReadOnlyList<CloudEvent> ParseBatch(ReadOnlyMemory<byte> json)
    {
        using var document = Document(json);
        return ReadBatch(document.RootElement);
    }

    /// <summary>A JSON array of events.</summary>
    public static IReadOnlyList<CloudEvent> ReadBatch(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Array)
        {
            throw new CloudEventException("A batch is a JSON array of CloudEvents.");
        }

        if (root.GetArrayLength() > MaxBatch)
        {
            throw new CloudEventException($"The batch holds {root.GetArrayLength()} events; at most {MaxBatch} are taken at a time. Send smaller batches.");
        }

        var events = new List<CloudEvent>(root.GetArrayLength());
        foreach (var element in root.EnumerateArray())
        {
            try
            {
                events.Add(CloudEventJson.Read(element));
            }
            catch (CloudEventException e)
            {
                throw new CloudEventException($"Event {events.Count} of the batch: {e.Message}", e);
            }
        }

        return events;
    }

    public static byte[] WriteStructured(CloudEvent cloudEvent)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            CloudEventJson.Write(writer, cloudEvent);
        }

        return stream.ToArray();
    }

    public static byte[] WriteBatch(IEnumerable<CloudEvent> events)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            writer.WriteStartArray();
            foreach (var cloudEvent in events)
            {
                CloudEventJson.Write(writer, cloudEvent);
            }

            writer.WriteEndArray();
        }

        return stream.ToArray();
    }

    private static JsonDocument Document(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Options);
        }
        catch (JsonException e)
        {
            throw new CloudEventException($"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", e);
        }
    }
}
