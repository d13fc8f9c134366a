using System.Text;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>The header <c>grpc-message</c>: UTF-8 with all but printable ASCII percent-encoded (PROTOCOL-HTTP2.md, "Status-Message").</summary>
internal static class GrpcText
{
    /// <summary>Most characters that are sent: clients limit all trailers together, commonly to 8 KB.</summary>
    public const int MaxLength = 4096;

    private const string Cut = "...";

    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[4];
        // A lone surrogate has no UTF-8; enumerating runes replaces it.
        foreach (var rune in text.EnumerateRunes())
        {
            var before = encoded.Length;
            if (rune.Value is >= ' ' and <= '~' and not '%')
            {
                encoded.Append((char)rune.Value);
            }
            else
            {
                foreach (var octet in bytes[..rune.EncodeToUtf8(bytes)])
                {
                    encoded.Append('%').Append(octet.ToString("X2"));
                }
            }

            if (encoded.Length > MaxLength - Cut.Length)
            {
                encoded.Length = before;
                return encoded.Append(Cut).ToString();
            }
        }

        return encoded.ToString();
    }
}
