using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes.Http;

namespace AgentWarden.Kernel.Kubernetes.Watching;

/// <summary>The events of one open watch, line by line, whatever a line's size.</summary>
internal static class WatchStream
{
    /// <param name="asked">What was asked, for messages.</param>
    /// <param name="stream">The response's body.</param>
    /// <param name="silence">A watch that says nothing for so long has lost its connection: the server ends it earlier by itself.</param>
    /// <param name="type">How an object is read.</param>
    /// <param name="cancellation">Ends the watch.</param>
    public static async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(
        string asked, Stream stream, TimeSpan silence, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class
    {
        using var window = new StreamWindow(stream);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var scanned = 0;
        while (true)
        {
            var newline = window.Unread[scanned..].IndexOf((byte)'\n');
            if (newline < 0)
            {
                scanned = window.Unread.Length;
                idle.CancelAfter(silence);
                if (!await FillAsync(asked, window, idle.Token, cancellation))
                {
                    // Half a line at the end is a connection that broke: the rest comes again from the last version.
                    yield break;
                }

                continue;
            }

            var length = scanned + newline;
            if (length > 0)
            {
                yield return Parse(asked, window.Unread[..length], type);
            }

            window.Consume(length + 1);
            scanned = 0;
        }
    }

    private static async ValueTask<bool> FillAsync(
        string asked, StreamWindow window, CancellationToken idle, CancellationToken cancellation)
    {
        try
        {
            return await window.FillAsync(idle);
        }
        catch (Exception e) when (TransportFailure.IsFailure(e, cancellation.IsCancellationRequested))
        {
            throw TransportFailure.Explain(asked, e, out _);
        }
    }

    private static WatchEvent<T> Parse<T>(string asked, ReadOnlySpan<byte> line, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return WatchLine.Read(asked, line, type);
        }
        catch (JsonException e)
        {
            throw TransportFailure.Explain(asked, e, out _);
        }
    }
}
