using System.Diagnostics;
using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// Kestrel alone: no generic host, no configuration, no HttpContext, no middleware. That halves a cold start.
/// Kestrel's own registration is an extension of IWebHostBuilder, so this passes it one that only collects services.
/// </summary>
internal static class KestrelFactory
{
    public static ServiceProvider Services(ILoggerFactory loggers, Action<KestrelServerOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddOptions();
        services.AddMetrics();
        var diagnostics = new DiagnosticListener("Microsoft.AspNetCore");
        services.AddSingleton(diagnostics);
        services.AddSingleton<DiagnosticSource>(diagnostics);
        new ServiceCollector(services).UseKestrelCore().ConfigureServices(s => s.Configure(configure));
        return services.BuildServiceProvider();
    }

    public static IServer Server(ServiceProvider services) => services.GetRequiredService<IServer>();

    /// <summary>Opens one listener. Each of its connections carries the listener, for the request to find its routes.</summary>
    public static void Listen(KestrelServerOptions options, Listener listener, Action<ListenOptions> opened)
    {
        if (listener.Address.Address.Equals(IPAddress.IPv6Any))
        {
            // Falls back to IPv4 where the node has no IPv6.
            options.ListenAnyIP(listener.Address.Port, Configure);
        }
        else
        {
            options.Listen(listener.Address, Configure);
        }

        void Configure(ListenOptions listen)
        {
            opened(listen);
            listen.Use(next => connection =>
            {
                connection.Features.Set(listener);
                return next(connection);
            });
            var (withTls, without) = listener.Grpc is null ? (HttpProtocols.Http1AndHttp2, HttpProtocols.Http1) : (HttpProtocols.Http2, HttpProtocols.Http2);
            listen.Protocols = listener.Certificate is null ? without : withTls;
            if (listener.Certificate is { } certificate)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(TlsOptions(certificate, listener.ClientAuthority)) });
            }
            else if (listener.ClientAuthority is not null)
            {
                throw new HostingException($"The listener {listener.Name} is to check its clients' certificates, but has no certificate of its own: there is no TLS to check them in. Give it one.");
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

#pragma warning disable ASPDEPR008 // IWebHost is obsolete for building hosts; here it is only a member of the interface that UseKestrelCore extends.
    private sealed class ServiceCollector(IServiceCollection services) : IWebHostBuilder
    {
        public IWebHost Build() => throw new NotSupportedException("Only collects services.");

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
        {
            configureServices(new WebHostBuilderContext(), services);
            return this;
        }

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;
    }
}
