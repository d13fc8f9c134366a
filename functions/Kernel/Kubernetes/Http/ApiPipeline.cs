using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using k8s;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// The library's client with our ends: <see cref="AnswerHandler"/> before its pipeline, and TLS as kubectl does it behind.
/// The library would send tls-server-name as the Host, trust nothing below a root, and leave the client certificate's chain out.
/// </summary>
internal static class ApiPipeline
{
    public static k8s.Kubernetes Create(
        ClusterConnection connection, KubernetesClientOptions options, SslStreamCertificateContext? certificate)
    {
        var configuration = new KubernetesClientConfiguration
        {
            Host = connection.Server.AbsoluteUri,
            Namespace = connection.Namespace,
            UserAgent = options.UserAgent,
            DisableHttp2 = !Http2(connection, options),
            FirstMessageHandlerSetup = handler => Setup(handler, connection, options, certificate),
        };
        return new(configuration, new AnswerHandler(connection));
    }

    /// <summary>Only HTTP/1.1 can be made to repeat a header.</summary>
    public static bool Http2(ClusterConnection connection, KubernetesClientOptions options) =>
        options.Http2 && connection.Impersonation is not { Repeats: true };

    private static void Setup(
        SocketsHttpHandler handler, ClusterConnection connection, KubernetesClientOptions options, SslStreamCertificateContext? certificate)
    {
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.ConnectTimeout = options.ConnectTimeout;
        // Below the API server's own 90 s, so that we never write to a connection that it is just closing: a POST cannot be repeated.
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60);
        // Load balancers behind the address are noticed in this time.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(15);
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8;
        var repeats = connection.Impersonation is { Repeats: true };
        if (repeats && (connection.Server.Scheme != Uri.UriSchemeHttps || connection.Proxy?.GetProxy(connection.Server) is not null))
        {
            throw new KubeConfigException(
                file: null, "as-groups",
                "more than one group, or value of an extra key, can be sent only by https and not through a proxy.",
                "Name one, or take another way to the server.");
        }

        handler.UseProxy = connection.Proxy is not null;
        handler.Proxy = connection.Proxy;
        var trust = new ServerTrust(connection);
        // Behind a proxy's tunnel .NET makes the TLS connection itself, and asks for the host by name.
        handler.SslOptions = Tls(trust, certificate);
        handler.ConnectCallback = async (context, cancellation) =>
        {
            var stream = await ConnectAsync(context.DnsEndPoint, cancellation);
            var tls = Tls(trust, certificate);
            tls.TargetHost = connection.TlsServerName ?? connection.Server.IdnHost;
            tls.ApplicationProtocols = context.InitialRequestMessage.Version.Major >= 2
                ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11];
            return !IsServer(context.DnsEndPoint, connection.Server) ? stream
                : await SecureAsync(repeats ? new RepeatedHeaders(stream) : new SslStream(stream), tls, cancellation);
        };
    }

    /// <summary>False for a proxy, and for a server without TLS.</summary>
    private static bool IsServer(DnsEndPoint end, Uri server) =>
        server.Scheme == Uri.UriSchemeHttps && end.Port == server.Port
        && end.Host.Equals(server.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static SslClientAuthenticationOptions Tls(ServerTrust trust, SslStreamCertificateContext? certificate) => new()
    {
        ClientCertificateContext = certificate,
        RemoteCertificateValidationCallback = (_, shown, chain, errors) => trust.Accepts(shown, chain, errors),
    };

    private static async Task<Stream> SecureAsync(SslStream secure, SslClientAuthenticationOptions tls, CancellationToken cancellation)
    {
        try
        {
            await secure.AuthenticateAsClientAsync(tls, cancellation);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private static async Task<Stream> ConnectAsync(DnsEndPoint end, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(end, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
