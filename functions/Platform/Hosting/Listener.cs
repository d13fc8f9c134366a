using System.Net;
using AgentWarden.Platform.Hosting.Grpc;

namespace AgentWarden.Platform.Hosting;

/// <summary>One address and what it serves; TLS when it has a certificate.</summary>
/// <param name="Name">For logs and for <see cref="WebServer.Address"/>.</param>
/// <param name="Address">Where to listen; port 0 for any free one.</param>
/// <param name="Routes">What is served there.</param>
internal sealed record Listener(string Name, IPEndPoint Address, HttpRoutes Routes)
{
    public ICertificateSource? Certificate { get; init; }

    /// <summary>Set for mutual TLS: only clients with a certificate of these authorities are let in.</summary>
    public ClientAuthorityFile? ClientAuthority { get; init; }

    /// <summary>Set when gRPC is served here, over HTTP/2 only, instead of routes.</summary>
    public GrpcMethods? Grpc { get; init; }

    /// <summary>Bodies above this are refused with 413. 8 MB: an etcd object has at most 1.5 MB, an admission review holds it twice.</summary>
    public int MaxBodyBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>A listener for gRPC. Without a certificate it is HTTP/2 in plain text, for clients that know it beforehand.</summary>
    public static Listener ForGrpc(string name, IPEndPoint address, GrpcMethods methods) => new(name, address, new HttpRoutes()) { Grpc = methods };

    /// <summary>An address in a setting: <c>8443</c>, <c>:8443</c>, <c>*:8443</c>, <c>127.0.0.1:8443</c> or <c>[::1]:8443</c>.</summary>
    public static IPEndPoint ParseAddress(string setting, string text)
    {
        var anyAddress = text.StartsWith("*:", StringComparison.Ordinal) ? text[2..] : text.StartsWith(':') && !text.StartsWith("::", StringComparison.Ordinal) ? text[1..] : text;
        if (ushort.TryParse(anyAddress, out var port))
        {
            return new IPEndPoint(IPAddress.IPv6Any, port);
        }

        return IPEndPoint.TryParse(text, out var parsed) && text.Contains(':', StringComparison.Ordinal)
            ? parsed
            : throw new HostingException($"{setting} is not an address: write a port (8443), or an IP address and port (127.0.0.1:8443, [::1]:8443).");
    }
}
