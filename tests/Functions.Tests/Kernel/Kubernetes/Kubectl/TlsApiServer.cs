using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>What a server saw of one request; null where nothing was sent.</summary>
internal sealed record Seen(string Host, string? ServerName, string? Authorization, string Impersonation, string? Client);

/// <summary>A server over TLS on loopback that says a version, and remembers how it was asked.</summary>
internal sealed class TlsApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile string? _client;

    private TlsApiServer(WebApplication app) => _app = app;

    public int Port { get; private set; }
    public ConcurrentQueue<Seen> Requests { get; } = new();

    /// <summary>Answers instead of the version, when it returns a status.</summary>
    public Func<Seen, int?> Refuse { get; set; } = _ => null;

    public static Task<TlsApiServer> StartAsync(TestPki pki) => StartAsync(pki.Server, [pki.Intermediate], clients: null);

    /// <param name="certificate">The server's.</param>
    /// <param name="beside">What is sent with it.</param>
    /// <param name="clients">The only root that a client's certificate may come from; null asks for none.</param>
    /// <param name="address">Loopback's.</param>
    public static async Task<TlsApiServer> StartAsync(
        X509Certificate2 certificate, X509Certificate2Collection beside, X509Certificate2? clients, IPAddress? address = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        TlsApiServer? server = null;
        var context = SslStreamCertificateContext.Create(certificate, beside, offline: true);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => (k.Limits.MaxRequestHeadersTotalSize, k.Limits.MaxRequestHeaderCount) = (1 << 20, 1000));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address ?? IPAddress.Loopback, 0, listen => listen.UseHttps(
            new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = context,
                    ClientCertificateRequired = clients is not null,
                    RemoteCertificateValidationCallback = (_, shown, chain, _) => clients is null || server!.Accepts(shown, chain, clients),
                }),
            })));
        var app = builder.Build();
        server = new TlsApiServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Port = new Uri(app.Urls.First()).Port;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        await _app.DisposeAsync();
    }

    /// <summary>From the root alone: what lies between must have been sent.</summary>
    private bool Accepts(X509Certificate? shown, X509Chain? sent, X509Certificate2 root)
    {
        if (shown is not X509Certificate2 leaf)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            CustomTrustStore = { root },
        };
        chain.ChainPolicy.ExtraStore.AddRange(sent!.ChainPolicy.ExtraStore);
        _client = leaf.Subject;
        return chain.Build(leaf);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var impersonation = headers.Where(h => h.Key.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase))
            .Select(h => $"{h.Key.ToLowerInvariant()}={string.Join('|', h.Value.ToArray())}").Order(StringComparer.Ordinal);
        var name = context.Features.Get<ITlsHandshakeFeature>()!.HostName;
        var seen = new Seen(
            context.Request.Host.Value!, name is { Length: > 0 } ? name : null, headers.Authorization.FirstOrDefault(),
            string.Join(' ', impersonation), _client);
        Requests.Enqueue(seen);
        if (Refuse(seen) is { } status)
        {
            await context.StatusAsync(status, "Unauthorized");
            return;
        }

        await context.JsonAsync("""{"major":"1","minor":"30","gitVersion":"v1.30.0"}""");
    }
}
