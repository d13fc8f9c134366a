using System.Text;

namespace AgentWarden.Kernel.CloudEvents;

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

    /// <summary>The HTTP binding's percent-decoding. Octets that are no UTF-8 make the value malformed; a lone percent sign stands for itself.</summary>
    internal static string Decode(string value)
    {
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

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
