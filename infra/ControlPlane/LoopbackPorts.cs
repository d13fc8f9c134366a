using System.Net;
using System.Net.Sockets;

namespace AgentWarden.ControlPlane;

/// <summary>
/// Free ports on 127.0.0.1, never the same twice in a process, and below the range from which the kernel gives ports to connections by itself (Linux: 32768 and up):
/// while a server is down, somebody's connection would take its port, even that of a client that tries to reach it. Another process may take one before we use it: then a start is tried again.
/// </summary>
internal static class LoopbackPorts
{
    private const int First = 20_000, Count = 12_000;

    /// <summary>From anywhere, so that two processes on one machine keep out of each other's way.</summary>
    private static int _last = Random.Shared.Next(Count);

    internal static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next one then.
            }
        }
    }
}
