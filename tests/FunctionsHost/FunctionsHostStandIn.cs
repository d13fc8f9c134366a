using System.Net;
using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Triggers;
using AgentWarden.FunctionsHost.Workers;
using AgentWarden.FunctionsHost.Workers.Rpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace AgentWarden.FunctionsHost;

/// <summary>
/// Acts like the Azure Functions host 4 towards an isolated worker and towards those who call its functions: starts the published
/// program, speaks the real gRPC contract with it, forwards HTTP to it, takes queue messages for it, fires its timers when told to,
/// and starts it again when it died. Written from the host's source; it is not the host.
/// </summary>
internal sealed class FunctionsHostStandIn : IAsyncDisposable
{
    /// <summary>A worker that ended in error so often is not started again.</summary>
    private const int ErrorsUntilGivenUp = 3;

    private readonly WebApplication _web;
    private readonly FunctionApp _app;
    private readonly InvocationLog _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<QueueListener> _listeners = [];
    private Uri _functionsUri = null!;
    private volatile Task<RunningWorker> _current = null!;
    private int _errors;

    private FunctionsHostStandIn(WebApplication web, FunctionApp app) => (_web, _app) = (web, app);

    /// <summary>Where callers reach it.</summary>
    public Uri Address { get; private set; } = null!;

    public HostKeys Keys { get; } = HostKeys.New();

    /// <summary>The worker that runs, or will.</summary>
    public Task<RunningWorker> Worker => _current;

    /// <summary>Of the first worker; another one has the same.</summary>
    public IReadOnlyList<HostedFunction> Functions { get; private set; } = [];

    public HttpRoutes Routes => new(_app.Json.RoutePrefix, Functions);

    /// <summary>What has ended so far.</summary>
    public IReadOnlyCollection<Invocation> Invocations => _log.All;

    /// <summary>Starts the app in a folder, and waits until its functions are loaded.</summary>
    /// <exception cref="WorkerEndedException">The worker ended before.</exception>
    /// <exception cref="InvalidDataException">The host would refuse the folder or what the worker says.</exception>
    public static async Task<FunctionsHostStandIn> StartAsync(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var host = new FunctionsHostStandIn(Web(), FunctionApp.Load(folder, settings));
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public HostedFunction Function(string name) => Functions.Single(f => f.Name == name);

    /// <summary>Lets a timer fire, as its schedule would.</summary>
    public Task<Invocation> FireTimerAsync(string name, bool isPastDue = false)
    {
        var function = Running(name, HostedFunction.Timer);
        return InvokeAsync(function, id => Triggers.Invocations.OfTimer(function, id, isPastDue));
    }

    /// <summary>Gives a function a queue message that lies in no queue.</summary>
    public Task<Invocation> QueueMessageAsync(string name, string text)
    {
        var (function, now) = (Running(name, HostedFunction.Queue), DateTimeOffset.UtcNow);
        var message = new QueueTriggerMessage($"{Guid.NewGuid()}", "AgAAAA==", text, 1, now, now.AddDays(7), now.AddMinutes(10));
        return TakeAsync(function, message);
    }

    /// <summary>Kills the worker as a crash would, and waits until the next one has loaded its functions.</summary>
    public async Task<RunningWorker> KillWorkerAsync()
    {
        var killed = await _current;
        await killed.KillAsync();
        while (true)
        {
            var next = await _current;
            if (next != killed)
            {
                return next;
            }

            await Task.Delay(10, _stop.Token);
        }
    }

    /// <summary>
    /// Ends the worker as the host does when it ends itself: no more messages are taken, what is in flight may end,
    /// then the worker is told.
    /// </summary>
    /// <returns>The worker's exit code; null when it had to be killed.</returns>
    public async Task<int?> ShutDownAsync()
    {
        await _stop.CancelAsync();
        await StopListeningAsync();
        var worker = await _current;
        await worker.DrainAsync();
        return await worker.TerminateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await StopListeningAsync();
        if (_current is { } current)
        {
            await ((Task)current).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await (current.IsCompletedSuccessfully ? current.Result.DisposeAsync() : ValueTask.CompletedTask);
        }

        await _web.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StopListeningAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        _listeners.Clear();
    }

    private static WebApplication Web()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 104_857_600;
            kestrel.Listen(IPAddress.Loopback, 0, http => http.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, grpc => grpc.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc(grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (null, null));
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<ExpectedWorkers>();
        return builder.Build();
    }

    private async Task StartAsync()
    {
        var front = new HttpFront(_web.Services.GetRequiredService<IHttpForwarder>(), _app.Json.RoutePrefix, Keys, () => _current, _log);
        _web.MapGrpcService<FunctionRpcService>();
        _web.MapFallback("{**path}", front.HandleAsync);
        await _web.StartAsync();
        var addresses = _web.Urls.Select(a => new Uri(a)).ToArray();
        (Address, _functionsUri) = (addresses[0], addresses[1]);
        _current = StartWorkerAsync();
        var worker = await _current;
        Functions = worker.Functions;
        // The host would report this before it starts a listener.
        _ = Routes;
        foreach (var function in Functions.Where(f => f is { Type: HostedFunction.Queue, Runs: true }))
        {
            var connection = _app.Settings.Connection(function.Connection)!;
            _listeners.Add(new(connection, function.QueueName, _app.Json.Queues, async m => (await TakeAsync(function, m)).Succeeded));
        }
    }

    private async Task<RunningWorker> StartWorkerAsync()
    {
        var expected = _web.Services.GetRequiredService<ExpectedWorkers>();
        var worker = await RunningWorker.StartAsync(_app, _functionsUri, expected, _stop.Token);
        _ = StartAgainAsync(worker);
        return worker;
    }

    private async Task StartAgainAsync(RunningWorker worker)
    {
        var code = await worker.Ended;
        // An orderly end is believed, and nothing is started in its place.
        if (code != 0 && !_stop.IsCancellationRequested && ++_errors < ErrorsUntilGivenUp)
        {
            _current = StartWorkerAsync();
        }
    }

    private Task<Invocation> TakeAsync(HostedFunction function, QueueTriggerMessage message) =>
        InvokeAsync(function, id => Triggers.Invocations.OfQueue(function, id, message), message.Id);

    private async Task<Invocation> InvokeAsync(HostedFunction function, Func<Guid, InvocationRequest> request, string message = "")
    {
        var worker = await _current;
        return await _log.RunAsync(function, () => worker.InvokeAsync(request(Guid.NewGuid()), CancellationToken.None), message);
    }

    private HostedFunction Running(string name, string type)
    {
        var function = Function(name);
        return function.Type == type && function.Runs ? function
            : throw new InvalidOperationException($"The host has no {type} listener for {name}: {function.Error ?? "it is disabled"}");
    }
}
