using System.Collections.Concurrent;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventBridge;

public sealed class EventBridgeHostTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task A_function_that_hangs_or_throws_for_ever_holds_up_no_other()
    {
        var hang = new TaskCompletionSource<EventAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sink = new Sink(function => function switch
        {
            "Hangs" => hang.Task,
            "Throws" => throw new InvalidOperationException("always"),
            _ => Task.FromResult(EventAnswer.Done),
        });
        var (host, running) = Start(sink, "Hangs", "Throws", "Works");
        for (var i = 0; i < 200; i++)
        {
            Changed(host, $"s{i}");
        }

        await Until(() => sink.Looks("Works") == 200 && sink.Looks("Throws") >= 200);
        Assert.Equal(2, sink.Looks("Hangs"));
        Assert.Equal(198, host.Figures().Single(f => f.Function == "Hangs").Figures.Ready);

        await _stop.CancelAsync();
        hang.SetResult(EventAnswer.Done);
        await running;
    }

    [Fact]
    public async Task A_failed_look_is_repeated_until_it_succeeds()
    {
        var failures = 3;
        var sink = new Sink(_ => Interlocked.Decrement(ref failures) >= 0 ? throw new KubernetesException(System.Net.HttpStatusCode.Conflict, "Conflict", "stale") : Task.FromResult(EventAnswer.Done));
        var (host, running) = Start(sink, "F");
        Changed(host, "s");
        await Until(() => sink.Looks("F") == 4 && host.Figures().Single().Figures == default);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Why_a_broker_refuses_an_event_is_in_the_log_and_what_another_failure_says_is_not()
    {
        var log = new Warnings();
        var sink = new Sink(_ => Task.FromResult(EventAnswer.Done))
        {
            Fails = name => name == "quotes" ? new InvalidOperationException("sk-secret") : new AgentWarden.Platform.EventBridge.Sinks.EventRefusedException("the topic has another schema"),
        };
        var host = new EventBridgeHost([new BridgedFunction("F", [new(KubernetesKinds.Secret)])], sink, TimeProvider.System, log);
        var running = host.RunAsync(new Objects("refused", "quotes"), _stop.Token);
        await Until(() => log.Lines.Any(l => l.Contains("the topic has another schema", StringComparison.Ordinal)) && log.Lines.Any(l => l.Contains("kagent/quotes", StringComparison.Ordinal)));
        Assert.DoesNotContain(log.Lines, l => l.Contains("sk-secret", StringComparison.Ordinal));
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Follow_ups_and_asked_for_times_are_looked_at()
    {
        var looks = 0;
        var sink = new Sink(_ => Interlocked.Increment(ref looks) switch
        {
            1 => Task.FromResult(new EventAnswer(new Outcome.Done(), [new(KubernetesKinds.Namespace, null, "next")])),
            2 => Task.FromResult(new EventAnswer(new Outcome.LookAgain(DateTimeOffset.UtcNow.AddMilliseconds(20)), [])),
            _ => Task.FromResult(EventAnswer.Done),
        });
        var (host, running) = Start(sink, "F");
        Changed(host, "s");
        await Until(() => sink.Looks("F") == 3);
        Assert.Equal(["s", "next", "next"], sink.Names);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_stop_lets_the_look_in_flight_finish()
    {
        var gate = new TaskCompletionSource<EventAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sink = new Sink(_ => gate.Task);
        var (host, running) = Start(sink, "F");
        Changed(host, "s");
        await Until(() => sink.Looks("F") == 1);
        await _stop.CancelAsync();
        await Task.Delay(20);
        Assert.False(running.IsCompleted);
        gate.SetResult(EventAnswer.Done);
        await running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_deletion_that_was_not_looked_at_when_the_Lease_was_lost_is_looked_at_when_it_comes_back()
    {
        var away = true;
        var sink = new Sink(_ => away ? throw new SinkUnavailableException("away") : Task.FromResult(EventAnswer.Done));
        var (host, first) = Start(sink, "F");
        host.OnChange(KubernetesKinds.Secret, ObjectChange.Delete, null, new() { Namespace = "kagent", Name = "gone" });
        await Until(() => sink.Looks("F") > 0);
        await _stop.CancelAsync();
        await first;

        away = false;
        var looks = sink.Looks("F");
        using var stop = new CancellationTokenSource();
        var second = host.RunAsync(new Objects(), stop.Token);
        await Until(() => sink.Looks("F") > looks);
        await stop.CancelAsync();
        await second;
    }

    [Fact]
    public async Task What_a_broker_took_and_nobody_reported_is_delivered_again()
    {
        var broker = new Broker();
        var host = new EventBridgeHost([new BridgedFunction("F", [new(KubernetesKinds.Secret)])], broker, TimeProvider.System, NullLogger.Instance, reportWithin: TimeSpan.FromMilliseconds(20));
        var running = host.RunAsync(new Objects(), _stop.Token);
        Changed(host, "s");
        await Until(() => broker.Taken >= 2);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_bridge_that_stands_by_does_not_say_that_its_sink_is_away()
    {
        var (host, running) = Start(new Sink(_ => throw new SinkUnavailableException("nobody there")), "F");
        Changed(host, "s");
        await Until(() => host.Away().Contains("F"));
        await _stop.CancelAsync();
        await running;
        Assert.Empty(host.Away());
    }

    /// <summary>At zero replicas every piece of work begins so.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task That_nobody_listens_yet_is_no_warning_and_that_it_is_refused_is_one(bool mayPass, int warnings)
    {
        var log = new Warnings();
        var sink = new Sink(_ => throw new SinkUnavailableException("away") { MayPass = mayPass });
        var host = new EventBridgeHost([new BridgedFunction("F", [new(KubernetesKinds.Secret)])], sink, TimeProvider.System, log);
        var running = host.RunAsync(new Objects("s"), _stop.Token);
        await Until(() => sink.Looks("F") >= 3);
        await _stop.CancelAsync();
        await running;
        Assert.Equal(warnings, log.Lines.Count);
    }

    [Fact]
    public async Task Without_any_function_it_waits_until_it_is_told_to_end()
    {
        var (host, running) = Start(new Sink(_ => Task.FromResult(EventAnswer.Done)));
        var watching = new BridgeWatches(null!, [], Shard.Whole, NullLogger.Instance).RunAsync(_stop.Token);
        Assert.True(host.Works);
        Assert.False(running.IsCompleted);
        Assert.False(watching.IsCompleted);
        await _stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(host.Works);
    }

    public void Dispose() => _stop.Dispose();

    private (EventBridgeHost Host, Task Running) Start(Sink sink, params string[] functions)
    {
        var host = new EventBridgeHost(functions.Select(f => new BridgedFunction(f, [new(KubernetesKinds.Secret)])), sink, TimeProvider.System, NullLogger.Instance, new() { First = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromMilliseconds(5) });
        return (host, host.RunAsync(new Objects(), _stop.Token));
    }

    private static void Changed(EventBridgeHost host, string name) => host.OnChange(KubernetesKinds.Secret, ObjectChange.Add, null, new() { Namespace = "kagent", Name = name });

    private static async Task Until(Func<bool> holds)
    {
        for (var wait = 0; !holds() && wait < 2000; wait++)
        {
            await Task.Delay(5);
        }

        Assert.True(holds(), "it did not happen within ten seconds");
    }

    private sealed class Sink(Func<string, Task<EventAnswer>> answer) : IEventSink
    {
        private readonly ConcurrentQueue<(string Function, string Name)> _looks = new();

        public IEnumerable<string> Names => _looks.Select(l => l.Name);

        public int Looks(string function) => _looks.Count(l => l.Function == function);

        /// <summary>How the look at an object fails.</summary>
        public Func<string, Exception>? Fails { get; init; }

        public int Concurrency => 2;

        public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation)
        {
            _looks.Enqueue((function, change.Object.Name));
            return Fails?.Invoke(change.Object.Name) is { } failure ? throw failure : new(await answer(function));
        }
    }

    /// <summary>Takes everything and loses it.</summary>
    private sealed class Broker : IEventSink
    {
        private int _taken;

        public int Taken => Volatile.Read(ref _taken);

        public int Concurrency => 1;

        public Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _taken);
            return Task.FromResult(Delivery.HandedOver);
        }
    }

    private sealed class Warnings : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue($"{formatter(state, exception)} {exception}");
    }

    /// <summary>What exists when the bridge starts.</summary>
    private sealed class Objects(params IReadOnlyList<string> names) : IWatchedObjects
    {
        public void ForEach(Action<ResourceKind, ObjectMeta> each)
        {
            foreach (var name in names)
            {
                each(KubernetesKinds.Secret, new() { Namespace = "kagent", Name = name });
            }
        }
    }
}
