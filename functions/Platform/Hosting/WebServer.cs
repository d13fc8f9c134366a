using System.Collections.Concurrent;
using System.Net;
using AgentWarden.Kernel.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// The HTTP server of a bare process: ASP.NET Core with some listeners, each with endpoints of its own.
/// Built from the empty builder: configuration, console logging and what else the usual one brings would double a cold start.
/// </summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly IReadOnlyList<Listener> _listeners;
    private readonly Dictionary<string, ListenOptions> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Listener, string> _paths = new();
    private readonly Readiness _readiness;
    private readonly AgentWardenMetrics _metrics;
    private readonly ILogger _logger;
    private readonly WebApplication _app;

    /// <param name="listeners">What to serve, and where.</param>
    /// <param name="readiness">What is not ready here is added to it.</param>
    /// <param name="metrics">Counts what is refused.</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="services">Adds what the listeners' endpoints need.</param>
    public WebServer(
        IReadOnlyList<Listener> listeners, Readiness readiness, AgentWardenMetrics metrics, ILoggerFactory loggers,
        Action<IServiceCollection>? services = null)
    {
        (_listeners, _readiness, _metrics) = (listeners, readiness, metrics);
        _logger = loggers.CreateLogger("AgentWarden.Hosting");
        foreach (var certificate in listeners.Select(l => l.Certificate).OfType<ICertificateSource>().Distinct())
        {
            readiness.Add(() => certificate.Problem);
        }

        foreach (var authority in listeners.Select(l => l.ClientAuthority).OfType<ClientAuthorityFile>().Distinct())
        {
            readiness.Add(() => authority.Problem);
        }

        var builder = WebApplication.CreateEmptyBuilder(new());
        // The settings of OpenTelemetry's SDK, which it reads from there.
        builder.Configuration.AddEnvironmentVariables();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddRoutingCore();
        Probes.AddServices(builder.Services, readiness);
        services?.Invoke(builder.Services);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        _app = builder.Build();
        Configure(_app);
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _app.StartAsync(cancellation);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new HostingException($"{CannotListen}: an address is in use by another process. End it, or set another port.", e);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            throw new HostingException($"{CannotListen}: {e.Message}", e);
        }

        foreach (var listener in _listeners)
        {
            var scheme = listener.Certificate is null ? "http" : "https";
            _logger.LogInformation("Listening for {Listener} on {Scheme}://{Address}.", listener.Name, scheme, Address(listener.Name));
        }
    }

    /// <summary>Where a listener really listens: with port 0, the port it got.</summary>
    public IPEndPoint Address(string listener) =>
        _open.TryGetValue(listener, out var options) && options.EndPoint is IPEndPoint address
            ? address
            : throw new InvalidOperationException($"The listener {listener} is not open.");

    /// <summary>Takes no more connections, lets running requests end, and cuts what is left when <paramref name="deadline"/> fires.</summary>
    public Task StopAsync(CancellationToken deadline)
    {
        // Streams have no end of their own: they would be waited for until the deadline.
        _readiness.Drain();
        return _app.StopAsync(deadline);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private string CannotListen => $"Cannot listen on {string.Join(" and ", _listeners.Select(l => l.Address))}";

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // The limit is ours (HttpCalls), so that the answer can say what to do.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        foreach (var listener in _listeners)
        {
            listener.Open(options, listen => _open[listener.Name] = listen);
        }
    }

    private void Configure(WebApplication app)
    {
        app.Use(AnswerWhatNobodyTakesAsync);
        app.UseRouting();
        app.Use(KeepListenersApart);
        foreach (var listener in _listeners)
        {
            listener.Map(app.MapGroup("").WithMetadata(listener));
        }
    }

    private async Task AnswerWhatNobodyTakesAsync(HttpContext context, RequestDelegate next)
    {
        if (_readiness.IsDraining)
        {
            // A client that keeps its connection would go on sending here after the endpoint is gone.
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        await next(context);
        var response = context.Response;
        if (response.HasStarted || response.ContentType is not null || response.StatusCode is not (404 or 405))
        {
            return;
        }

        _metrics.Refused(response.StatusCode);
        var listener = context.Features.GetRequiredFeature<Listener>();
        if (listener.Http2Only)
        {
            // gRPC clients read no text: the status is their UNIMPLEMENTED.
            return;
        }

        var text = response.StatusCode == 405
            ? $"This path takes {response.Headers.Allow}.\n"
            : $"Nothing is served here. Paths on this port: {Paths(listener)}\n";
        await new HttpAnswerResult(Kernel.Contracts.HttpAnswer.OfText(response.StatusCode, text)).ExecuteAsync(context);
    }

    /// <summary>Admission is not to be had on the plain port, nor metrics on the other.</summary>
    private static Task KeepListenersApart(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Listener>() is { } owner && owner != context.Features.Get<Listener>())
        {
            context.SetEndpoint(null);
        }

        return next(context);
    }

    /// <summary>Asked for by whoever knocks at a wrong path, as often as they like: put together once.</summary>
    private string Paths(Listener listener) => _paths.GetOrAdd(listener, wanted =>
    {
        var endpoints = ((IEndpointRouteBuilder)_app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();
        var paths = endpoints.Where(e => e.Metadata.GetMetadata<Listener>() == wanted).Select(e => e.RoutePattern.RawText!);
        return string.Join(", ", paths.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    });

    /// <summary>Signals are HostLifetime's: the order of a shutdown is ours.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
