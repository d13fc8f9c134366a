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

    public static EventDispatcher Dispatcher(params IHandler[] functions) => new(functions, new LiveObjects(), Invocations, TimeProvider.System);

    public static Func<string, string?> Settings(params (string Name, string Value)[] settings) =>
        name => settings.Where(s => s.Name == name).Select(s => s.Value).FirstOrDefault();
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("agent-warden-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal sealed class HttpProbe(string name, Func<HttpCall, CancellationToken, Task<HttpAnswer>> handle) : IHttpHandler
{
    public HttpProbe(string name, Func<HttpCall, HttpAnswer> handle) : this(name, (call, _) => Task.FromResult(handle(call)))
    {
    }

    public string Name => name;

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<AccessRule> Access => [];

    public Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation) => handle(call, cancellation);
}

internal sealed class TimerProbe(string name, Func<DateTimeOffset, CancellationToken, Task>? tick = null) : ITimerHandler
{
    public ConcurrentQueue<DateTimeOffset> Ticks { get; } = [];

    public string Name => name;

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<AccessRule> Access => [];

    public async Task TickAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        Ticks.Enqueue(now);
        await (tick?.Invoke(now, cancellation) ?? Task.CompletedTask);
    }
}

internal sealed class EventProbe(string name, Func<ObjectEvent, EventAnswer>? handle = null, params ResourceKind[] kinds) : IEventHandler
{
    public ConcurrentQueue<ObjectEvent> Seen { get; } = [];

    public string Name => name;

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<AccessRule> Access => [];

    public IReadOnlyList<Subscription> Subscriptions { get; } = [.. (kinds.Length > 0 ? kinds : [TestFunctions.Agent]).Select(k => new Subscription(k))];

    public Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        Seen.Enqueue(change);
        return Task.FromResult(handle?.Invoke(change) ?? EventAnswer.Done);
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

    public static async Task<RunningServer> StartAsync(
        HttpRoutes routes, int maxBody = HttpCalls.MaxBodyBytes, ICertificateSource? certificate = null, Readiness? readiness = null)
    {
        readiness ??= new Readiness();
        var map = routes.Mapping(readiness, maxBody);
        var any = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0);
        var plain = new Listener("plain", any, map);
        Listener[] listeners = certificate is null ? [plain] : [plain with { Map = _ => { } }, new Listener("tls", any, map) { Certificate = certificate }];
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
