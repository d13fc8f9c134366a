using System.Net;
using System.Net.NetworkInformation;
using AgentWarden.ControlPlane;

namespace AgentWarden.Node;

/// <summary>The network of a node's own namespace, in which there is nothing but loopback, and its addresses.</summary>
internal static class NodeNetwork
{
    private const string Loopback = "lo";

    /// <summary>The node's address, and the API server's. On loopback's interface, but no loopback address, so pods reach it.</summary>
    internal static readonly IPAddress Address = IPAddress.Parse("10.99.0.1");

    internal const string PodRange = "10.88.0.0/16";

    /// <summary>Prepares it, once for all nodes of the process.</summary>
    /// <exception cref="ControlPlaneException">This is not a namespace of its own.</exception>
    internal static async Task PrepareAsync(string busybox, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux() || NetworkInterface.GetAllNetworkInterfaces().Any(i => i.Name != Loopback))
        {
            throw new ControlPlaneException("A node changes interfaces and iptables, so it only starts in a network namespace of its own: run the command with infra/Node/in-namespace.sh.");
        }

        if (!NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Any(a => a.Address.Equals(Address)))
        {
            await Programs.RunAsync(busybox, ["ip", "address", "add", $"{Address}/32", "dev", Loopback], cancellation);
            // Services have no interface: without a route the kernel gives up before kube-proxy's rules lead elsewhere.
            await Programs.RunAsync(busybox, ["ip", "route", "add", ControlPlaneFlags.ServiceRange, "dev", Loopback, "src", Address.ToString()], cancellation);
        }

        // From pod to pod, and from a pod to a Service.
        await File.WriteAllTextAsync("/proc/sys/net/ipv4/ip_forward", "1", cancellation);
    }
}
