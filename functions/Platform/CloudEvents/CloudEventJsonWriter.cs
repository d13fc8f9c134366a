using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Writes events in the JSON format.</summary>
internal static class CloudEventJsonWriter
{
    /// <exception cref="ArgumentException">A required attribute is missing, or the data cannot be written as its content type.</exception>
    public static void Write(Utf8JsonWriter writer, CloudEvent cloudEvent)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, cloudEvent.SpecVersion.VersionId);
        writer.WriteString("id"u8, cloudEvent.Id ?? throw Missing(KnownNames.Id));
        writer.WriteString("source"u8, (cloudEvent.Source ?? throw Missing(KnownNames.Source)).OriginalString);
        writer.WriteString("type"u8, cloudEvent.Type ?? throw Missing(KnownNames.Type));
        WriteText(writer, "subject"u8, cloudEvent.Subject);
        WriteTime(writer, cloudEvent.Time);
        WriteText(writer, "datacontenttype"u8, cloudEvent.DataContentType ?? (cloudEvent.Data is null or byte[] ? null : MediaTypes.Json));
        WriteText(writer, "dataschema"u8, cloudEvent.DataSchema?.OriginalString);
        foreach (var extension in cloudEvent.ExtensionAttributes)
        {
            WriteExtension(writer, extension, cloudEvent[extension]);
        }

        WriteData(writer, cloudEvent);
        writer.WriteEndObject();
    }

    public static void WriteBatch(Utf8JsonWriter writer, IEnumerable<CloudEvent> events)
    {
        writer.WriteStartArray();
        foreach (var cloudEvent in events)
        {
            Write(writer, cloudEvent);
        }

        writer.WriteEndArray();
    }

    /// <summary>The data alone, as JSON.</summary>
    public static void WriteJsonData(Utf8JsonWriter writer, CloudEvent cloudEvent)
    {
        switch (cloudEvent.Data)
        {
            case ObjectReference target:
                ObjectReferenceJson.Write(writer, target);
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            default:
                throw new ArgumentException($"Data of the type {cloudEvent.Data?.GetType()} cannot be written as JSON.", nameof(cloudEvent));
        }
    }

    /// <summary>Bytes are base64, whatever their content type; the rest is JSON.</summary>
    private static void WriteData(Utf8JsonWriter writer, CloudEvent cloudEvent)
    {
        switch (cloudEvent.Data)
        {
            case null:
                break;
            case byte[] bytes:
                writer.WriteBase64String("data_base64"u8, bytes);
                break;
            default:
                writer.WritePropertyName("data"u8);
                WriteJsonData(writer, cloudEvent);
                break;
        }
    }

    private static void WriteExtension(Utf8JsonWriter writer, CloudEventAttribute extension, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case string text:
                writer.WriteString(extension.Name, text);
                break;
            case int number:
                writer.WriteNumber(extension.Name, number);
                break;
            case bool flag:
                writer.WriteBoolean(extension.Name, flag);
                break;
            default:
                writer.WriteString(extension.Name, extension.Format(value));
                break;
        }
    }

    private static void WriteTime(Utf8JsonWriter writer, DateTimeOffset? time)
    {
        switch (time)
        {
            case { Offset.Ticks: 0 } utc:
                writer.WriteString("time"u8, utc.UtcDateTime);
                break;
            case { } local:
                writer.WriteString("time"u8, local);
                break;
        }
    }

    private static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static ArgumentException Missing(string name) => new($"The event has no {name}.", name);
}
