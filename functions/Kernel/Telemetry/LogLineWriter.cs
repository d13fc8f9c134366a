using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>Formats one log entry and writes it in one call, so that lines of several threads never mix.</summary>
internal sealed class LogLineWriter(Stream output, bool json, TimeProvider clock)
{
    // Logs are read by people and never put in HTML: no need to escape quotes and non-ASCII as \u0022.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    public void Write(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? state, Exception? exception)
    {
        lock (_lock)
        {
            _buffer.ResetWrittenCount();
            if (json)
            {
                WriteJson(level, category, message, state, exception);
            }
            else
            {
                WriteText(level, category, message, exception);
            }

            _buffer.Write("\n"u8);
            try
            {
                output.Write(_buffer.WrittenSpan);
                output.Flush();
            }
            catch (IOException)
            {
                // The reader of stdout is gone; the work goes on without a log.
            }
        }
    }

    private void WriteJson(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? state, Exception? exception)
    {
        using var writer = new Utf8JsonWriter(_buffer, Options);
        writer.WriteStartObject();
        writer.WriteString("time", clock.GetUtcNow().UtcDateTime);
        writer.WriteString("level", Name(level));
        writer.WriteString("category", category);
        writer.WriteString("message", message);
        for (var i = 0; i < (state?.Count ?? 0); i++)
        {
            var (key, value) = state![i];
            if (key != "{OriginalFormat}")
            {
                writer.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }

        if (exception is not null)
        {
            writer.WriteString("exception", SafeException.Describe(exception));
            writer.WriteString("stack", exception.StackTrace);
        }

        if (Activity.Current is { } activity)
        {
            writer.WriteString("traceId", activity.TraceId.ToString());
            writer.WriteString("spanId", activity.SpanId.ToString());
        }

        writer.WriteEndObject();
    }

    private void WriteText(LogLevel level, string category, string message, Exception? exception)
    {
        // A line break in a message would make one entry look like two.
        var line = $"{clock.GetLocalNow():HH:mm:ss.fff} {Name(level)} {category[(category.LastIndexOf('.') + 1)..]}: {message.ReplaceLineEndings(" ")}";
        Encoding.UTF8.GetBytes(line, _buffer);
        if (exception is not null)
        {
            Encoding.UTF8.GetBytes($"\n  {SafeException.Describe(exception)}\n{exception.StackTrace}", _buffer);
        }
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
