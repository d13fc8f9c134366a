using System.Text;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Binary mode: attributes in <c>ce-…</c> headers, the body is the data.</summary>
internal static class CloudEventHeaders
{
    private const string Prefix = "ce-";

    public static CloudEvent Read(IReadOnlyDictionary<string, string> headers, string? contentType, ReadOnlyMemory<byte> body)
    {
        var attributes = new CloudEventAttributes();
        foreach (var (name, value) in headers)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                attributes.Set(name[Prefix.Length..].ToLowerInvariant(), Decode(value));
            }
        }

        // In binary mode datacontenttype is the Content-Type header and has no ce- header.
        attributes.Set("datacontenttype", contentType);
        return attributes.Build(body.ToArray());
    }

    /// <summary>The HTTP binding's decoding (3.1.3.2): quotes, as older senders put them, then percent. Octets that are no UTF-8 make the value malformed; a lone percent sign stands for itself.</summary>
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
                bytes.Add((byte)((HexValue(value[i + 1]) << 4) | HexValue(value[i + 2])));
                i += 3;
                continue;
            }

            var length = char.IsSurrogatePair(value, i) ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(value.Substring(i, length)));
            i += length;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
        }
        catch (DecoderFallbackException e)
        {
            throw new CloudEventException("A ce- header is percent-encoded but not as UTF-8.", e);
        }
    }

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

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
