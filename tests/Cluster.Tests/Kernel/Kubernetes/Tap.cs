using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AgentWarden.ClusterTests.Kernel.Kubernetes;

/// <summary>A TCP port before a server that can be closed (connections die, new ones are refused at once) and opened again.</summary>
internal sealed class Tap : IDisposable
{
    private readonly Uri _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private volatile bool _open = true;

    public Tap(Uri server)
    {
        _server = server;
        _listener.Start();
        Address = new UriBuilder(server) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    public void Open() => _open = true;

    public void Close()
    {
        _open = false;
        while (_sockets.TryTake(out var socket))
        {
            socket.Dispose();
        }
    }

    public void Dispose()
    {
        Close();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                if (_open)
                {
                    _ = ForwardAsync(client);
                }
                else
                {
                    client.Dispose();
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(client);
        _sockets.Add(server);
        try
        {
            await server.ConnectAsync(_server.Host, _server.Port);
            await using NetworkStream near = new(client, ownsSocket: true), far = new(server, ownsSocket: true);
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            client.Dispose();
            server.Dispose();
        }
    }
}
