using System.Buffers;
using System.Text;
using System.Text.Json;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Reads one value from a sender's JSON in whichever charset, or says what is wrong with it; and writes one.</summary>
internal static class JsonText
{
    public delegate T Reading<in TArgument, out T>(ref Utf8JsonReader reader, TArgument argument);

    /// <summary>A buffer that grew beyond this is not kept for the next event.</summary>
    private const int KeptBuffer = 64 * 1024;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 64 };
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _kept;

    /// <exception cref="CloudEventException">The text is no JSON, or holds more than one value.</exception>
    public static T Read<TArgument, T>(ReadOnlyMemory<byte> text, string? charset, TArgument argument, Reading<TArgument, T> read)
    {
        var reader = new Utf8JsonReader(Utf8(text, charset), ReaderOptions);
        try
        {
            reader.Read();
            var value = read(ref reader, argument);
            // Throws when anything follows.
            reader.Read();
            return value;
        }
        catch (JsonException e)
        {
            throw new CloudEventException($"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", e);
        }
    }

    /// <summary>The JSON in UTF-8. Writer and buffer are used again, so <paramref name="write"/> must not call this.</summary>
    public static byte[] Write<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        var (buffer, writer) = _kept ?? New();
        // Whoever throws in the middle leaves a writer that nobody should meet again.
        _kept = null;
        write(writer, value);
        writer.Flush();
        var json = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity <= KeptBuffer)
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            _kept = (buffer, writer);
        }

        return json;
    }

    /// <summary>From UTF-8 to the charset that a content type names.</summary>
    public static byte[] Encode(byte[] utf8, string? charset) =>
        Encoding(charset) is var encoding and not UTF8Encoding ? System.Text.Encoding.Convert(System.Text.Encoding.UTF8, encoding, utf8) : utf8;

    /// <summary>UTF-8 when nothing is said.</summary>
    /// <exception cref="CloudEventException">It is not known here.</exception>
    public static Encoding Encoding(string? charset)
    {
        try
        {
            return charset is null or "" ? System.Text.Encoding.UTF8 : System.Text.Encoding.GetEncoding(charset);
        }
        catch (ArgumentException e)
        {
            throw new CloudEventException("The charset of the content type is not known here; send UTF-8.", e) { IsMediaType = true };
        }
    }

    private static ReadOnlySpan<byte> Utf8(ReadOnlyMemory<byte> text, string? charset)
    {
        var encoding = Encoding(charset);
        var utf8 = encoding is UTF8Encoding ? text.Span : System.Text.Encoding.UTF8.GetBytes(encoding.GetString(text.Span));
        // A byte order mark is not JSON, but editors and some senders put one.
        return utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) New()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        return (buffer, new(buffer, WriterOptions));
    }
}
