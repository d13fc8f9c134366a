using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>An HTTP proxy on loopback that opens every tunnel to one port of this machine, whatever host is asked for.</summary>
internal sealed class ProxyStandIn : IDisposable
{
    private static readonly byte[] Refusal = Encoding.ASCII.GetBytes(
        "HTTP/1.1 407 Proxy Authentication Required\r\n" + "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;
    private readonly string? _wants;

    /// <param name="port">Where tunnels end.</param>
    /// <param name="wants">The Proxy-Authorization without which it answers 407.</param>
    public ProxyStandIn(int port, string? wants = null)
    {
        (_port, _wants) = (port, wants);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => ((IPEndPoint)_listener.LocalEndpoint).ToString();

    /// <summary>Hosts that it was asked for, with their port.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = TunnelAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task TunnelAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await HeadAsync(stream) is { Length: > 0 } head)
                {
                    if (_wants is not null && !head.Contains($"Proxy-Authorization: {_wants}\r\n", StringComparison.OrdinalIgnoreCase))
                    {
                        await stream.WriteAsync(Refusal);
                        continue;
                    }

                    Asked.Enqueue(head.Split(' ')[1]);
                    using var server = new TcpClient();
                    await server.ConnectAsync(IPAddress.Loopback, _port);
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
                    await Task.WhenAny(stream.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(stream));
                    return;
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // One side is gone.
            }
        }
    }

    private static async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
