using System.Net.Http.Headers;
using System.Text;
using AgentWarden.Platform.CloudEvents;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>CloudEvents as HTTP requests, in the three content modes of the HTTP binding.</summary>
internal static class CloudEventContent
{
    public static HttpRequestMessage Structured(Uri target, CloudEvent cloudEvent) => Post(target, CloudEventCodec.WriteStructured(cloudEvent), MediaTypes.Structured);

    public static HttpRequestMessage Batch(Uri target, IEnumerable<CloudEvent> events) => Post(target, CloudEventCodec.WriteBatch(events), MediaTypes.Batch);

    public static HttpRequestMessage Binary(Uri target, CloudEvent cloudEvent)
    {
        var request = Post(target, cloudEvent.Data, cloudEvent.DataContentType ?? MediaTypes.Json);
        Header("specversion", CloudEvent.SpecVersion);
        Header("id", cloudEvent.Id);
        Header("source", cloudEvent.Source);
        Header("type", cloudEvent.Type);
        Header("subject", cloudEvent.Subject);
        Header("time", cloudEvent.Time?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        foreach (var (name, value) in cloudEvent.Extensions)
        {
            Header(name, value);
        }

        return request;

        void Header(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation("ce-" + name, Encode(value));
            }
        }
    }

    private static HttpRequestMessage Post(Uri target, ReadOnlyMemory<byte> body, string type) =>
        new(HttpMethod.Post, target) { Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } } };

    /// <summary>HTTP binding 3.1.3.2: what is not printable ASCII, and space, quote and percent sign, is percent-encoded as UTF-8.</summary>
    private static string Encode(string value)
    {
        if (value.All(static c => c is > ' ' and < '\u007f' and not '"' and not '%'))
        {
            return value;
        }

        var encoded = new StringBuilder(value.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(value))
        {
            if (octet is > 0x20 and < 0x7f and not (byte)'"' and not (byte)'%')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }
}
