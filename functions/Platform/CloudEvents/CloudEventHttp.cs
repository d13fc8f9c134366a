using System.Text;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Http;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>CloudEvents in the three content modes of the HTTP binding: structured, batched, binary.</summary>
internal static class CloudEventHttp
{
    private const string Accepted =
        "Send a CloudEvent 1.0: structured (Content-Type: application/cloudevents+json), a batch (application/cloudevents-batch+json), "
        + "or binary (ce-specversion, ce-id, ce-source and ce-type headers).";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The events of a request.</summary>
    /// <param name="headers">By names that are compared without case.</param>
    /// <param name="body">What the events hold is copied out of it.</param>
    /// <exception cref="CloudEventException">The request holds no event that can be read.</exception>
    public static IReadOnlyList<CloudEvent> Parse(IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
    {
        var contentType = headers.TryGetValue("Content-Type", out var value) && value.Length > 0 ? value : null;
        if (MediaTypes.IsCloudEvents(contentType))
        {
            var formatter = CloudEventJsonFormatter.Instance;
            return MediaTypes.Is(contentType, MediaTypes.Structured) ? [formatter.DecodeStructuredModeMessage(body, WithCharset(contentType), null)]
                : MediaTypes.Is(contentType, MediaTypes.Batch) ? formatter.DecodeBatchModeMessage(body, WithCharset(contentType), null)
                : throw new CloudEventException($"Only the JSON format of CloudEvents is read here. {Accepted}") { IsMediaType = true };
        }

        return headers.ContainsKey("ce-specversion") || headers.ContainsKey("ce-id") || headers.ContainsKey("ce-type")
            ? [ReadBinary(headers, contentType, body)]
            : throw new CloudEventException($"This is not a CloudEvent: neither its Content-Type nor its headers say so. {Accepted}") { IsMediaType = true };
    }

    /// <summary>
    /// The binding's decoding (3.1.3.2): quotes, as older senders put them, then percent. Octets that are no UTF-8 make the value malformed;
    /// a lone percent sign or quote stands for itself, where the SDK's own decoder refuses the whole event.
    /// </summary>
    internal static string Decode(string value)
    {
        value = Unquoted(value);
        if (!value.Contains('%', StringComparison.Ordinal))
        {
            return value;
        }

        var bytes = new List<byte>(value.Length);
        for (var i = 0; i < value.Length;)
        {
            if (value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit(value[i + 1]) && char.IsAsciiHexDigit(value[i + 2]))
            {
                bytes.Add(Convert.FromHexString(value.AsSpan(i + 1, 2))[0]);
                i += 3;
                continue;
            }

            var length = char.IsSurrogatePair(value, i) ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(value.Substring(i, length)));
            i += length;
        }

        try
        {
            return StrictUtf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException e)
        {
            throw new CloudEventException("A ce- header is percent-encoded but not as UTF-8.", e);
        }
    }

    private static CloudEvent ReadBinary(IReadOnlyDictionary<string, string> headers, string? contentType, ReadOnlyMemory<byte> body)
    {
        var attributes = new AttributeSetter(new CloudEvent());
        foreach (var (header, value) in headers)
        {
            // In binary mode datacontenttype is the Content-Type header; a ce- header of that name is passed over.
            if (HttpUtilities.GetAttributeNameFromHeaderName(header) is { } name && name is not KnownNames.DataContentType)
            {
                AttributeSetter.CheckName(name);
                attributes.Set(name, Decode(value));
            }
        }

        if (contentType is not null)
        {
            attributes.Set(KnownNames.DataContentType, contentType);
        }

        var cloudEvent = attributes.Finish();
        CloudEventJsonFormatter.Instance.DecodeBinaryModeEventData(body, cloudEvent);
        return cloudEvent;
    }

    private static System.Net.Mime.ContentType? WithCharset(string? contentType) =>
        contentType?.Contains("charset", StringComparison.OrdinalIgnoreCase) == true ? MediaTypes.Parsed(contentType) : null;

    /// <summary>RFC 7230, 3.2.6: a quoted string without its quotes and backslashes; anything else as it is.</summary>
    private static string Unquoted(string value)
    {
        if (value is not ['"', .. var inner, '"'])
        {
            return value;
        }

        var text = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            i += inner[i] == '\\' && i + 1 < inner.Length ? 1 : 0;
            text.Append(inner[i]);
        }

        return text.ToString();
    }
}
