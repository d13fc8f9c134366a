using System.Text.Json;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Reads events of the JSON format in one pass. Attributes may come in any order, data before or after its content type.</summary>
internal static class CloudEventJsonReader
{
    /// <param name="reader">At the value's first token; afterwards at its last.</param>
    /// <param name="known">Extension attributes whose types the caller knows.</param>
    /// <exception cref="CloudEventException">It is no event of version 1.0.</exception>
    public static CloudEvent Read(ref Utf8JsonReader reader, IEnumerable<CloudEventAttribute>? known)
    {
        try
        {
            return ReadObject(ref reader, known);
        }
        catch (InvalidOperationException e)
        {
            // The reader decodes text only when it is asked for: bad UTF-8 and lone surrogates show here.
            throw new CloudEventException("The event holds text that is not valid Unicode.", e);
        }
    }

    /// <summary>A JSON array of events.</summary>
    public static IReadOnlyList<CloudEvent> ReadBatch(ref Utf8JsonReader reader, IEnumerable<CloudEventAttribute>? known)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new CloudEventException("A batch is a JSON array of CloudEvents.");
        }

        var events = new List<CloudEvent>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (events.Count == CloudEventJsonFormatter.MaxBatch)
            {
                throw new CloudEventException(
                    $"The batch holds more than {events.Count} events; at most {events.Count} are taken at a time. Send smaller batches.");
            }

            try
            {
                events.Add(Read(ref reader, known));
            }
            catch (CloudEventException e)
            {
                throw new CloudEventException($"Event {events.Count} of the batch: {e.Message}", e);
            }
        }

        return events;
    }

    private static CloudEvent ReadObject(ref Utf8JsonReader reader, IEnumerable<CloudEventAttribute>? known)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CloudEventException("A CloudEvent is a JSON object.");
        }

        var attributes = new AttributeSetter(new CloudEvent(known));
        JsonElement? data = null;
        byte[]? bytes = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                data = reader.TokenType == JsonTokenType.Null ? null : JsonElement.ParseValue(ref reader);
            }
            else if (reader.ValueTextEquals("data_base64"u8))
            {
                reader.Read();
                bytes = Bytes(ref reader);
            }
            else
            {
                ReadAttribute(ref reader, attributes);
            }
        }

        var cloudEvent = attributes.Finish();
        SetData(cloudEvent, data, bytes);
        return cloudEvent;
    }

    private static void ReadAttribute(ref Utf8JsonReader reader, AttributeSetter attributes)
    {
        var (name, known) = KnownNames.Of(ref reader);
        if (!known)
        {
            AttributeSetter.CheckName(name);
        }

        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String when ReferenceEquals(name, KnownNames.Time) && reader.ValueSpan.EndsWith("Z"u8)
                && reader.TryGetDateTimeOffset(out var time):
                attributes.SetTime(time);
                break;
            case JsonTokenType.String when ReferenceEquals(name, KnownNames.DataContentType) && reader.ValueTextEquals(MediaTypes.Json):
                attributes.Set(name, MediaTypes.Json);
                break;
            case JsonTokenType.String:
                attributes.Set(name, reader.GetString()!);
                break;
            case JsonTokenType.Number:
                attributes.Set(name, System.Text.Encoding.UTF8.GetString(reader.ValueSpan));
                break;
            case JsonTokenType.True or JsonTokenType.False:
                attributes.Set(name, reader.GetBoolean() ? "true" : "false");
                break;
            case JsonTokenType.Null:
                break;
            default:
                throw new CloudEventException(AttributeSetter.IsEventGridSchema(name) ? AttributeSetter.EventGridSchema
                    : "An attribute of a CloudEvent is text, a number or a boolean; an object or array belongs into data. "
                    + "(Azure Event Grid: subscribe with the CloudEvents v1.0 schema.)");
        }
    }

    private static byte[]? Bytes(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? null
        : reader.TokenType != JsonTokenType.String ? throw new CloudEventException("data_base64 must be a string.")
        : reader.TryGetBytesFromBase64(out var bytes) ? bytes
        : throw new CloudEventException("data_base64 is not valid base64.");

    /// <summary>Text data of another content type travels as a JSON string; JSON data travels as itself.</summary>
    private static void SetData(CloudEvent cloudEvent, JsonElement? data, byte[]? bytes)
    {
        if (data is not { } element)
        {
            cloudEvent.Data = bytes;
            return;
        }

        if (bytes is not null)
        {
            throw new CloudEventException("An event has data or data_base64, not both.");
        }

        cloudEvent.DataContentType ??= MediaTypes.Json;
        cloudEvent.Data = element.ValueKind == JsonValueKind.String && !MediaTypes.IsJson(cloudEvent.DataContentType) ? element.GetString() : element;
    }
}
