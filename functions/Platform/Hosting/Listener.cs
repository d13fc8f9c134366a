using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using System.Net.Security;
using Microsoft.AspNetCore.Hosting;

namespace AgentWarden.Platform.Hosting;

/// <summary>One address and what it serves; TLS when it has a certificate.</summary>
/// <param name="Name">For logs and for <see cref="WebServer.Address"/>.</param>
/// <param name="Address">Where to listen; port 0 for any free one.</param>
/// <param name="Map">Maps what is served there, and nowhere else.</param>
internal sealed record Listener(string Name, IPEndPoint Address, Action<IEndpointRouteBuilder> Map)
{
    public ICertificateSource? Certificate { get; init; }

    /// <summary>Set for mutual TLS: only clients with a certificate of these authorities are let in.</summary>
    public ClientAuthorityFile? ClientAuthority { get; init; }

    /// <summary>For gRPC. Without a certificate it is HTTP/2 in plain text, for clients that know it beforehand.</summary>
    public bool Http2Only { get; init; }

    /// <summary>Opens it. Each of its connections carries it, so that a request can be told from which it came.</summary>
    public void Open(KestrelServerOptions options, Action<ListenOptions> opened)
    {
        if (Address.Address.Equals(IPAddress.IPv6Any))
        {
            // Falls back to IPv4 where the node has no IPv6.
            options.ListenAnyIP(Address.Port, Configure);
        }
        else
        {
            options.Listen(Address, Configure);
        }

        void Configure(ListenOptions listen)
        {
            opened(listen);
            listen.Use(next => connection =>
            {
                connection.Features.Set(this);
                return next(connection);
            });
            listen.Protocols = Http2Only ? HttpProtocols.Http2 : Certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (Certificate is { } certificate)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(TlsOptions(certificate, ClientAuthority)) });
            }
            else if (ClientAuthority is not null)
            {
                throw new HostingException(
                    $"The listener {Name} is to check its clients' certificates, but has no certificate of its own: there is no TLS to check them in. Give it one.");
            }
        }
    }

    private static SslServerAuthenticationOptions TlsOptions(ICertificateSource source, ClientAuthorityFile? clients) => new()
    {
        // The context is kept by the source, not made for each handshake: so sessions resume, and the intermediates are sent.
        ServerCertificateContext = source.Current ?? throw new ConnectionAbortedException($"No serving certificate: {source.Problem}."),
        ClientCertificateRequired = clients is not null,
        CertificateChainPolicy = clients?.Policy(),
    };

    /// <summary>An address in a setting: <c>8443</c>, <c>:8443</c>, <c>*:8443</c>, <c>127.0.0.1:8443</c> or <c>[::1]:8443</c>.</summary>
    public static IPEndPoint ParseAddress(string setting, string text)
    {
        var anyAddress = text.StartsWith("*:", StringComparison.Ordinal) ? text[2..]
            : text.StartsWith(':') && !text.StartsWith("::", StringComparison.Ordinal) ? text[1..]
            : text;
        if (ushort.TryParse(anyAddress, out var port))
        {
            return new IPEndPoint(IPAddress.IPv6Any, port);
        }

        return IPEndPoint.TryParse(text, out var parsed) && text.Contains(':', StringComparison.Ordinal)
            ? parsed
            : throw new HostingException($"{setting} is not an address: write a port (8443), or an IP address and port (127.0.0.1:8443, [::1]:8443).");
    }
}
