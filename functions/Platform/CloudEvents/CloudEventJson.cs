using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>The JSON event format of CloudEvents 1.0.</summary>
internal static class CloudEventJson
{
    public static CloudEvent Read(JsonElement root)
    {
        try
        {
            return ReadObject(root);
        }
        catch (InvalidOperationException e)
        {
            // JsonElement decodes text only when it is asked for: bad UTF-8 and lone surrogates show here.
            throw new CloudEventException("The event holds text that is not valid Unicode.", e);
        }
    }

    private static CloudEvent ReadObject(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CloudEventException("A CloudEvent is a JSON object.");
        }

        var attributes = new CloudEventAttributes();
        JsonElement? data = null;
        string? base64 = null;
        foreach (var property in root.EnumerateObject())
        {
            switch (property.Name)
            {
                case "data":
                    data = property.Value;
                    break;
                case "data_base64":
                    base64 = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : throw new CloudEventException("data_base64 must be a string.");
                    break;
                default:
                    attributes.Set(property.Name, Text(property));
                    break;
            }
        }

        return attributes.Build(Data(data, base64, attributes.DataContentType));
    }

    private static string? Text(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString(),
        JsonValueKind.Number => property.Value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => null,
        _ => throw new CloudEventException(
            "An attribute of a CloudEvent is text, a number or a boolean; an object or array belongs into data. (Azure Event Grid: subscribe with the CloudEvents v1.0 schema.)"),
    };

    private static byte[] Data(JsonElement? data, string? base64, string? contentType)
    {
        if (base64 is not null)
        {
            try
            {
                return Convert.FromBase64String(base64);
            }
            catch (FormatException e)
            {
                throw new CloudEventException("data_base64 is not valid base64.", e);
            }
        }

        if (data is not { } element || element.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        // Text data of another content type travels as a JSON string; JSON data travels as itself.
        return element.ValueKind == JsonValueKind.String && contentType is not null && !MediaTypes.IsJson(contentType)
            ? Encoding.UTF8.GetBytes(element.GetString()!)
            : JsonMarshal.GetRawUtf8Value(element).ToArray();
    }

    public static void Write(Utf8JsonWriter writer, CloudEvent cloudEvent)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, CloudEvent.SpecVersion);
        writer.WriteString("id"u8, cloudEvent.Id);
        writer.WriteString("source"u8, cloudEvent.Source);
        writer.WriteString("type"u8, cloudEvent.Type);
        WriteOptional(writer, "subject", cloudEvent.Subject);
        WriteOptional(writer, "time", cloudEvent.Time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
        WriteOptional(writer, "datacontenttype", cloudEvent.DataContentType);
        WriteOptional(writer, "dataschema", cloudEvent.DataSchema);
        foreach (var (name, value) in cloudEvent.Extensions)
        {
            writer.WriteString(name, value);
        }

        if (cloudEvent.HasJsonData)
        {
            writer.WritePropertyName("data"u8);
            writer.WriteRawValue(cloudEvent.Data.Span, skipInputValidation: false);
        }
        else if (!cloudEvent.Data.IsEmpty)
        {
            writer.WriteBase64String("data_base64"u8, cloudEvent.Data.Span);
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
