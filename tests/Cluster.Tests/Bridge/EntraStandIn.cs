using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>
/// Stands in for <c>login.microsoftonline.com</c>: a proxy, for <c>HTTPS_PROXY</c>, through which everything comes here, and behind it the two pages that a workload identity needs.
/// </summary>
internal sealed class EntraStandIn : IAsyncDisposable
{
    public const string Tenant = "11111111-2222-3333-4444-555555555555";

    private const string Host = "login.microsoftonline.com";

    private readonly TcpListener _proxy = new(IPAddress.Loopback, 0);
    private readonly AgentWardenMetrics _metrics = new();
    private readonly WebServer _server;
    private readonly string _token;

    private EntraStandIn(string token)
    {
        _token = token;
        var certificate = CertificateFactory.Create([Host], [], DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        Authority = certificate.CaBundlePem;
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        var listener = new Listener("entra", any, Map) { Certificate = new InMemoryCertificate(certificate.Certificate) };
        _server = new([listener], new Readiness(), _metrics, NullLoggerFactory.Instance);
    }

    /// <summary>PEM of whoever signed its certificate.</summary>
    public string Authority { get; }

    public string Proxy => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_proxy.LocalEndpoint).Port}");

    /// <summary>The forms that asked for a token.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Asked { get; } = new();

    public static async Task<EntraStandIn> StartAsync(string token)
    {
        var entra = new EntraStandIn(token);
        await entra._server.StartAsync(CancellationToken.None);
        entra._proxy.Start();
        _ = entra.AcceptAsync();
        return entra;
    }

    public async ValueTask DisposeAsync()
    {
        _proxy.Dispose();
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _metrics.Dispose();
    }

    private void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/common/discovery/instance", context => JsonAsync(context, $$"""
            {"tenant_discovery_endpoint":"https://{{Host}}/{{Tenant}}/v2.0/.well-known/openid-configuration","api-version":"1.1",
             "metadata":[{"preferred_network":"{{Host}}","preferred_cache":"login.windows.net","aliases":["{{Host}}","login.windows.net"]}]}
            """));
        endpoints.MapPost($"/{Tenant}/oauth2/v2.0/token", GiveTokenAsync);
    }

    private async Task GiveTokenAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var form = (await reader.ReadToEndAsync()).Split('&').Select(p => p.Split('=', 2));
        Asked.Enqueue(form.ToDictionary(p => WebUtility.UrlDecode(p[0]), p => WebUtility.UrlDecode(p[1]), StringComparer.Ordinal));
        await JsonAsync(context, $$"""{"token_type":"Bearer","expires_in":3600,"ext_expires_in":3600,"access_token":"{{_token}}"}""");
    }

    private static Task JsonAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = TunnelAsync(await _proxy.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was closed.
        }
    }

    /// <summary>CONNECT to our page, and to nowhere else.</summary>
    private async Task TunnelAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            var near = client.GetStream();
            var head = new StringBuilder();
            var buffer = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await near.ReadAsync(buffer) > 0)
            {
                head.Append((char)buffer[0]);
            }

            if (!head.ToString().StartsWith($"CONNECT {Host}:443 ", StringComparison.Ordinal))
            {
                await near.WriteAsync("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"u8.ToArray());
                return;
            }

            await server.ConnectAsync(_server.Address("entra"));
            await near.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray());
            var far = server.GetStream();
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
    }
}
