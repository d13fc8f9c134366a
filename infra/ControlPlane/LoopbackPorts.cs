using System.Net;
using System.Net.Sockets;

namespace AgentWarden.ControlPlane;

/// <summary>Free ports on 127.0.0.1. Another process may take one before we use it: then a start is tried again.</summary>
internal static class LoopbackPorts
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    internal static int Next()
    {
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
            lock (Gate)
            {
                if (Given.Add(port))
                {
                    return port;
                }
            }
        }
    }
}
