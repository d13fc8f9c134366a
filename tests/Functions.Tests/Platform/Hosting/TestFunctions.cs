using System.Collections.Concurrent;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Tests.Kernel.Admission;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

/// <summary>Functions and parts of a host for the tests of hosting.</summary>
internal static class TestFunctions
{
    public static readonly ResourceKind Agent = new("example.dev", "v1", "agents", "Agent", Namespaced: true);

    public static Invocations Invocations { get; } = new(new AgentWardenMetrics(), NullLoggerFactory.Instance);

    public static EventDispatcher Dispatcher(params IFunction[] functions) => new(functions, new LiveObjects(), Invocations, TimeProvider.System);

    public static Func<string, string?> Settings(params (string Name, string Value)[] settings) =>
        name => settings.Where(s => s.Name == name).Select(s => s.Value).FirstOrDefault();

    /// <summary>An application folder with host.json and function.json files; it is deleted with the returned object.</summary>
    public static TemporaryFolder Application(string? hostJson, params (string Function, string Json)[] functions)
    {
        var root = new TemporaryFolder();
        if (hostJson is not null)
        {
            File.WriteAllText(Path.Combine(root.Path, "host.json"), hostJson);
        }

        foreach (var (function, json) in functions)
        {
            Directory.CreateDirectory(Path.Combine(root.Path, function));
            File.WriteAllText(Path.Combine(root.Path, function, "function.json"), json);
        }

        return root;
    }
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("agent-warden-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal sealed class HttpProbe(string name, Func<HttpCall, CancellationToken, Task<HttpAnswer>> handle) : IHttpFunction
{
    public HttpProbe(string name, Func<HttpCall, HttpAnswer> handle) : this(name, (call, _) => Task.FromResult(handle(call)))
    {
    }

    public string Name => name;

    public IReadOnlyList<AccessRule> Access => [];

    public Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation) => handle(call, cancellation);
}

internal sealed class TimerProbe(string name, Func<DateTimeOffset, CancellationToken, Task>? tick = null) : ITimerFunction
{
    public ConcurrentQueue<DateTimeOffset> Ticks { get; } = [];

    public string Name => name;

    public IReadOnlyList<AccessRule> Access => [];

    public async Task TickAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        Ticks.Enqueue(now);
        await (tick?.Invoke(now, cancellation) ?? Task.CompletedTask);
    }
}

internal sealed class EventProbe(string name, Func<ObjectEvent, EventAnswer>? handle = null, params ResourceKind[] kinds) : IEventFunction
{
    public ConcurrentQueue<ObjectEvent> Seen { get; } = [];

    public string Name => name;

    public IReadOnlyList<AccessRule> Access => [];

    public IReadOnlyList<Subscription> Subscriptions { get; } = [.. (kinds.Length > 0 ? kinds : [TestFunctions.Agent]).Select(k => new Subscription(k))];

    public Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        Seen.Enqueue(change);
        return Task.FromResult(handle?.Invoke(change) ?? EventAnswer.Done);
    }
}

internal sealed class MessageProbe(string name) : IMessageFunction
{
    public ConcurrentQueue<CloudNative.CloudEvents.CloudEvent> Seen { get; } = [];

    public bool Fails { get; set; }

    public string Name => name;

    public IReadOnlyList<AccessRule> Access => [];

    public Task TakeAsync(IReadOnlyList<CloudNative.CloudEvents.CloudEvent> events, CancellationToken cancellation)
    {
        foreach (var cloudEvent in events)
        {
            Seen.Enqueue(cloudEvent);
        }

        return Fails ? throw new MessageFailedException("test") : Task.CompletedTask;
    }
}

/// <summary>Remembers what was reported.</summary>
internal sealed class ReportProbe : ILookReports
{
    public ConcurrentQueue<LookReport> Looks { get; } = [];

    public bool Fails { get; set; }

    public Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation)
    {
        foreach (var look in looks)
        {
            Looks.Enqueue(look);
        }

        return Fails ? throw new LookReportException("test") : Task.CompletedTask;
    }
}

/// <summary>A server on free loopback ports.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(WebServer server, Readiness readiness)
    {
        Server = server;
        Readiness = readiness;
    }

    public WebServer Server { get; }

    public Readiness Readiness { get; }

    public Uri Http => new($"http://{Server.Address("plain")}");

    public static async Task<RunningServer> StartAsync(HttpRoutes routes, int maxBody = 8 * 1024 * 1024, ICertificateSource? certificate = null, Readiness? readiness = null)
    {
        readiness ??= new Readiness();
        var plain = new Listener("plain", new(System.Net.IPAddress.Loopback, 0), routes) { MaxBodyBytes = maxBody };
        Listener[] listeners = certificate is null ? [plain] : [plain, new Listener("tls", new(System.Net.IPAddress.Loopback, 0), routes) { Certificate = certificate }];
        var server = new WebServer(listeners, readiness, new AgentWardenMetrics(), NullLoggerFactory.Instance);
        await server.StartAsync(CancellationToken.None);
        return new RunningServer(server, readiness);
    }

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Server.StopAsync(deadline.Token);
        await Server.DisposeAsync();
    }
}
