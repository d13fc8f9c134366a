using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace AgentWarden.Benchmarks.Load;

/// <summary>One keep-alive HTTP/1.1 connection over TLS that sends ready-made bytes: as little client as possible between the figures and the server.</summary>
internal sealed class TlsConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly SslStream _stream;
    private byte[] _buffer = new byte[32 * 1024];

    private TlsConnection(Socket socket, SslStream stream) => (_socket, _stream) = (socket, stream);

    public static async Task<TlsConnection> OpenAsync(int port, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
            // The certificate is the one that we made a moment ago, on loopback.
#pragma warning disable CA5359, MA0039
            var stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359, MA0039
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancellation);
            return new(socket, stream);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask<(int Status, ReadOnlyMemory<byte> Body)> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        await _stream.WriteAsync(request, cancellation);
        var (filled, head) = (0, -1);
        while (head < 0)
        {
            filled += await FillAsync(filled, cancellation);
            head = _buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
        }

        var bodyAt = head + 4;
        var headers = Encoding.ASCII.GetString(_buffer, 0, head);
        var length = LengthIn(headers);
        while (filled < bodyAt + length)
        {
            filled += await FillAsync(filled, cancellation);
        }

        return (int.Parse(headers.AsSpan(9, 3)), _buffer.AsMemory(bodyAt, length));
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async ValueTask<int> FillAsync(int filled, CancellationToken cancellation)
    {
        if (filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(filled), cancellation);
        return read > 0 ? read : throw new IOException("The server closed the connection in the middle of an answer.");
    }

    private static int LengthIn(string headers)
    {
        const string Name = "\r\nContent-Length:";
        var at = headers.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return 0;
        }

        var value = headers.AsSpan(at + Name.Length);
        var end = value.IndexOf('\r');
        return int.Parse(end < 0 ? value : value[..end]);
    }
}
