using System.Net;
using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Kernel.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>The HTTP server of every host: some listeners, each with its own routes.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly IReadOnlyList<Listener> _listeners;
    private readonly Dictionary<string, ListenOptions> _open = new(StringComparer.Ordinal);
    private readonly RequestApplication _application;
    private readonly Readiness _readiness;
    private readonly ILogger _logger;
    private readonly ServiceProvider _services;
    private readonly IServer _server;

    public WebServer(IReadOnlyList<Listener> listeners, Readiness readiness, AgentWardenMetrics metrics, ILoggerFactory loggers)
    {
        (_listeners, _readiness) = (listeners, readiness);
        _logger = loggers.CreateLogger("AgentWarden.Hosting");
        _application = new RequestApplication(readiness, metrics, _logger);
        foreach (var certificate in listeners.Select(l => l.Certificate).OfType<ICertificateSource>().Distinct())
        {
            readiness.Add(() => certificate.Problem);
        }

        foreach (var authority in listeners.Select(l => l.ClientAuthority).OfType<ClientAuthorityFile>().Distinct())
        {
            readiness.Add(() => authority.Problem);
        }

        _services = KestrelFactory.Services(loggers, Configure);
        _server = KestrelFactory.Server(_services);
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _server.StartAsync(_application, cancellation);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new HostingException($"Cannot listen on {string.Join(" and ", _listeners.Select(l => l.Address))}: an address is in use by another process. End it, or set another port.", e);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            throw new HostingException($"Cannot listen on {string.Join(" and ", _listeners.Select(l => l.Address))}: {e.Message}", e);
        }

        foreach (var listener in _listeners)
        {
            _logger.LogInformation("Listening for {Listener} on {Scheme}://{Address}.", listener.Name, listener.Certificate is null ? "http" : "https", Address(listener.Name));
        }
    }

    /// <summary>Where a listener really listens: with port 0, the port it got.</summary>
    public IPEndPoint Address(string listener) =>
        _open.TryGetValue(listener, out var options) && options.EndPoint is IPEndPoint address ? address : throw new InvalidOperationException($"The listener {listener} is not open.");

    /// <summary>Takes no more connections, lets running requests end, and cuts what is left when <paramref name="deadline"/> fires.</summary>
    public Task StopAsync(CancellationToken deadline)
    {
        // Streams have no end of their own: they would be waited for until the deadline.
        _readiness.Drain();
        return _server.StopAsync(deadline);
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // The limit is ours (RequestBody), so that the answer can say what to do.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        if (_listeners.Any(l => l.Grpc is not null))
        {
            GrpcLimits.Set(options.Limits.Http2);
        }

        foreach (var listener in _listeners)
        {
            KestrelFactory.Listen(options, listener, listen => _open[listener.Name] = listen);
        }
    }
}
