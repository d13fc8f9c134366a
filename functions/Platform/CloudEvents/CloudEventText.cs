using System.Buffers.Text;
using System.Text;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>The events in a message's text, from a queue or a trigger: one event or an array of them, as JSON or as base64 of JSON.</summary>
internal static class CloudEventText
{
    /// <exception cref="CloudEventException">It holds no event that can be read.</exception>
    public static IReadOnlyList<CloudEvent> Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    /// <param name="text">UTF-8. What the events hold is copied out of it.</param>
    /// <exception cref="CloudEventException">It holds no event that can be read.</exception>
    public static IReadOnlyList<CloudEvent> Parse(ReadOnlyMemory<byte> text) =>
        // Base64 has neither brace nor bracket.
        FirstOf(text.Span) is (byte)'{' or (byte)'[' ? ParseJson(text) : ParseJson(Decoded(text.Span) ?? text);

    private static IReadOnlyList<CloudEvent> ParseJson(ReadOnlyMemory<byte> json)
    {
        var formatter = CloudEventJsonFormatter.Instance;
        return FirstOf(json.Span) == '[' ? formatter.DecodeBatchModeMessage(json, null, null) : [formatter.DecodeStructuredModeMessage(json, null, null)];
    }

    private static byte[]? Decoded(ReadOnlySpan<byte> base64)
    {
        var content = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        return Base64.DecodeFromUtf8(base64, content, out _, out var length) == System.Buffers.OperationStatus.Done && length > 0 ? content[..length] : null;
    }

    /// <summary>The first byte that is neither white space nor a byte order mark.</summary>
    private static byte FirstOf(ReadOnlySpan<byte> text)
    {
        var rest = text.TrimStart("\uFEFF \t\r\n"u8);
        return rest.IsEmpty ? (byte)0 : rest[0];
    }
}
