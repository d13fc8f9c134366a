using System.Net.Security;
using System.Security.Cryptography;
using System.Text;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// Sends one header several times, which HttpClient cannot: it joins the values with commas, and the API server would take
/// <c>a, b</c> for one group. The values are joined with a mark instead, that nobody can know, and where the mark goes out a new line
/// begins. Only on a TLS connection of HTTP/1.1 that we make ourselves.
/// </summary>
internal sealed class RepeatedHeaders(Stream inner) : SslStream(inner)
{
    private static readonly string Mark = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private static readonly byte[] MarkBytes = Encoding.ASCII.GetBytes(Mark);

    /// <summary>The one value that goes out as a line of its own for each of these.</summary>
    public static string Join(string name, IEnumerable<string> values) => string.Join($"{Mark}{name}: ", values);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.WriteAsync(buffer.Span.IndexOf(MarkBytes) < 0 ? buffer : Lines(buffer.Span), cancellationToken);

    private static byte[] Lines(ReadOnlySpan<byte> sent)
    {
        var lines = new List<byte>(sent.Length);
        for (var at = sent.IndexOf(MarkBytes); at >= 0; at = sent.IndexOf(MarkBytes))
        {
            lines.AddRange(sent[..at]);
            lines.AddRange("\r\n"u8);
            sent = sent[(at + MarkBytes.Length)..];
        }

        lines.AddRange(sent);
        return [.. lines];
    }
}
