using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AgentWarden.FunctionsHostTests;

/// <summary>An API server that takes every connection and never answers: who asks it something stays in flight.</summary>
internal sealed class SilentApiServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Socket> _sockets = [];
    private readonly string _kubeconfig = Path.GetTempFileName();

    public SilentApiServer()
    {
        _listener.Start();
        _ = AcceptAsync();
        File.WriteAllText(_kubeconfig,
            $$"""
            apiVersion: v1
            kind: Config
            clusters: [ { name: silent, cluster: { server: "http://{{_listener.LocalEndpoint}}" } } ]
            users: [ { name: nobody, user: { } } ]
            contexts: [ { name: silent, context: { cluster: silent, user: nobody } } ]
            current-context: silent
            """);
    }

    public string Kubeconfig => _kubeconfig;

    public void Dispose()
    {
        _listener.Dispose();
        while (_sockets.TryDequeue(out var socket))
        {
            socket.Dispose();
        }

        File.Delete(_kubeconfig);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _sockets.Enqueue(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }
}
