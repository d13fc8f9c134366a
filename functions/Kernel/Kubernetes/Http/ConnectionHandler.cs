using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Builds the socket side: TLS as the connection says, keep-alive so that a dead peer is noticed, no redirects, no cookies.</summary>
internal static class ConnectionHandler
{
    public static SocketsHttpHandler Create(ClusterConnection connection, KubernetesClientOptions options, Func<X509Certificate2?> clientCertificate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            // Below the API server's own 90 s, so that we never write to a connection that it is just closing: a POST cannot be repeated.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            // Rotated client certificates and load balancers behind the address are noticed in this time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            ConnectCallback = ConnectAsync,
            SslOptions = Tls(connection, clientCertificate),
        };
        if (connection.Proxy is not null)
        {
            handler.Proxy = new WebProxy(connection.Proxy) { Credentials = UserInfo(connection.Proxy) };
        }
        else if (connection.Server.IsLoopback || connection.Context is null)
        {
            // As kubectl: a proxy from the environment never applies to this machine; nor does it inside a cluster.
            handler.UseProxy = false;
        }

        return handler;
    }

    private static SslClientAuthenticationOptions Tls(ClusterConnection connection, Func<X509Certificate2?> clientCertificate)
    {
        var tls = new SslClientAuthenticationOptions { LocalCertificateSelectionCallback = (_, _, _, _, _) => clientCertificate()! };
        if (connection.SkipTlsVerify)
        {
            // The user asked for it by name (insecure-skip-tls-verify).
#pragma warning disable CA5359, MA0039
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359, MA0039
        }
        else if (connection.Authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            policy.ExtraStore.AddRange(authorities);
            tls.CertificateChainPolicy = policy;
        }

        return tls;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static NetworkCredential? UserInfo(Uri proxy)
    {
        var parts = proxy.UserInfo.Split(':', 2);
        return proxy.UserInfo.Length == 0 ? null : new NetworkCredential(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
    }
}
