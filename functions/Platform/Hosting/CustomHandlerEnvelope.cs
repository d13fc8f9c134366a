using System.Text;
using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// The JSON that the Functions host wraps a call in (<c>{"Data":{…},"Metadata":{…}}</c>) and the answer it wants.
/// The host puts everything that is no object into a JSON string, arrays and even strings, so a string is looked into once more.
/// </summary>
internal static class CustomHandlerEnvelope
{
    private const int MaxNesting = 4;

    /// <summary>Success without outputs. Never empty: on an empty 2xx the host waits until its function time-out.</summary>
    public static readonly HttpAnswer Done = new(200, HttpAnswer.Json, """{"Outputs":{},"Logs":[],"ReturnValue":null}"""u8.ToArray());

    /// <summary>The value of the trigger's binding, unwrapped.</summary>
    public static JsonElement Value(ReadOnlyMemory<byte> body, string binding)
    {
        var root = Parse(body);
        if (root.ValueKind != JsonValueKind.Object || !Find(root, "Data", out var data) || data.ValueKind != JsonValueKind.Object)
        {
            throw new CloudEventException("The Functions host sends {\"Data\":{…},\"Metadata\":{…}}; this is something else.");
        }

        return Find(data, binding, out var value) ? Unwrap(value) : throw new CloudEventException($"Data has no value for the binding {binding}, which function.json declares.");
    }

    /// <summary>The events of a queue message or of Event Grid: one object, or an array.</summary>
    public static IReadOnlyList<CloudEvent> Events(JsonElement value) =>
        CloudEventText.Parse(value.GetRawText());

    /// <summary>The HTTP request that is wrapped in the value.</summary>
    public static HttpCall Request(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new CloudEventException("An HTTP request is a JSON object with Url, Method, Headers and Body.");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (Find(value, "Headers", out var sent) && sent.ValueKind == JsonValueKind.Object)
        {
            foreach (var header in sent.EnumerateObject())
            {
                headers[header.Name] = header.Value.ValueKind == JsonValueKind.Array ? string.Join(',', header.Value.EnumerateArray().Select(v => v.ToString())) : header.Value.ToString();
            }
        }

        var method = Find(value, "Method", out var m) && m.ValueKind == JsonValueKind.String ? m.GetString()! : "POST";
        var url = Find(value, "Url", out var u) && u.ValueKind == JsonValueKind.String ? u.GetString()! : "/";
        var path = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? Uri.UnescapeDataString(uri.AbsolutePath) : "/";
        return new HttpCall(method, path, headers, Find(value, "Body", out var body) ? Body(body, headers.GetValueOrDefault("Content-Type")) : default);
    }

    /// <summary>The answer of an HTTP function, wrapped.</summary>
    public static HttpAnswer Wrap(HttpAnswer answer, string output)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("Outputs"u8);
            writer.WriteStartObject(output);
            writer.WriteString("statusCode"u8, answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteString("body"u8, answer.Body.Span);
            writer.WriteStartObject("headers"u8);
            writer.WriteString("Content-Type"u8, answer.ContentType);
            if (answer.RetryAfterSeconds is { } seconds)
            {
                writer.WriteString("Retry-After"u8, seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            foreach (var (name, value) in answer.Headers ?? [])
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteStartArray("Logs"u8);
            writer.WriteEndArray();
            writer.WriteNull("ReturnValue"u8);
            writer.WriteEndObject();
        }

        return new HttpAnswer(200, HttpAnswer.Json, stream.ToArray());
    }

    private static byte[] Body(JsonElement body, string? contentType)
    {
        if (body.ValueKind != JsonValueKind.String)
        {
            return body.ValueKind == JsonValueKind.Null ? [] : Encoding.UTF8.GetBytes(body.GetRawText());
        }

        var binary = MediaTypes.Is(contentType, "application/octet-stream") || contentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true;
        return binary && body.TryGetBytesFromBase64(out var bytes) ? bytes : Encoding.UTF8.GetBytes(body.GetString()!);
    }

    private static JsonElement Unwrap(JsonElement value)
    {
        for (var i = 0; i < MaxNesting && value.ValueKind == JsonValueKind.String; i++)
        {
            value = Parse(Encoding.UTF8.GetBytes(value.GetString()!));
        }

        return value;
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CloudEventException("The message is not JSON. Send CloudEvents 1.0 in JSON.", e);
        }
    }

    // The host compares names without case; so do we.
    private static bool Find(JsonElement element, string name, out JsonElement value)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = property.Value;
                return true;
            }
        }

        value = default;
        return false;
    }
}
