using System.Diagnostics;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Tests.Platform.ExternalScaler;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>Work comes to a function that is at zero: how soon KEDA hears of it over the stream that it holds open.</summary>
internal sealed class ScalerWake : IBenchmark
{
    private const int Rounds = 100;
    private const int Warmup = 5;
    private const int Spoken = 25;
    private const string Namespace = "team";

    private static readonly string Function = RecordingFunction.Names[0];

    public string Name => "scaler-wake";

    public string What => "work arrives after idle → StreamIsActive says true at a gRPC client: 100 times, beside a unary call over the same connection";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation) =>
        [.. (await InsideAsync(cancellation)).Select(f => f with { InProcess = true }), .. await WholeAsync(bench, cancellation)];

    /// <summary>The scaler alone, over a backlog that the benchmark sets.</summary>
    private static async Task<IEnumerable<Figure>> InsideAsync(CancellationToken cancellation)
    {
        var backlog = new FakeBacklog(Function);
        await using var server = await RunningScaler.StartAsync(backlog);
        using var client = new ScalerClient(server.Address, Function);
        using var stream = await client.OpenAsync(cancellation);
        return await MeasureAsync("work arrives → scaler says active", client, stream,
            () =>
            {
                backlog.Set(Function, waiting: 1);
                return Task.CompletedTask;
            },
            () =>
            {
                backlog.Set(Function, waiting: 0);
                return Task.CompletedTask;
            },
            () => Task.CompletedTask, cancellation);
    }

    /// <summary>From a write to the API server to a client of the bridge, whose functions are away.</summary>
    private static async Task<IEnumerable<Figure>> WholeAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await using var functions = new FunctionsEndpoint(RecordingFunction.All(Namespace, static (_, _) => { }), cluster.Api, PublishedProcess.FreePort());
        await functions.StartAsync(cancellation);
        await using var bridge = BridgeUnderTest.Launch(bench, cluster, BridgeUnderTest.HttpSettings(functions.Events, HttpSinkMode.Structured));
        await bridge.RestAsync(1, cancellation);
        using var client = new ScalerClient(bridge.Scaler, Function);
        using var stream = await client.OpenAsync(cancellation);
        await functions.StopAsync();
        var written = 0;
        return await MeasureAsync("Secret written → scaler says active", client, stream,
            () => ManySecrets.WriteAsync(cluster.Api, Namespace, written++, cancellation),
            () => functions.StartAsync(cancellation), functions.StopAsync, cancellation);
    }

    /// <param name="name">Of the figures.</param>
    /// <param name="client">The client.</param>
    /// <param name="stream">Its stream, on which nothing waits to be read.</param>
    /// <param name="work">Makes work where there is none.</param>
    /// <param name="finish">Lets it be done.</param>
    /// <param name="leave">After that, when the stream has said so.</param>
    /// <param name="cancellation">Ends it.</param>
    private static async Task<IEnumerable<Figure>> MeasureAsync(string name, ScalerClient client, ScalerStream stream, Func<Task> work, Func<Task> finish, Func<Task> leave, CancellationToken cancellation)
    {
        Samples wake = new(), call = new();
        for (var i = 0; i < Warmup + Rounds; i++)
        {
            var called = Stopwatch.GetTimestamp();
            await client.CallAsync(cancellation);
            var took = Stopwatch.GetElapsedTime(called);

            var active = ScalerClient.ActiveAsync(stream, cancellation);
            var started = Stopwatch.GetTimestamp();
            await work();
            var woken = Stopwatch.GetElapsedTime(started, await active);
            await finish();
            await ScalerClient.InactiveAsync(stream, cancellation);
            await leave();
            if (i >= Warmup)
            {
                call.Add(took.TotalMilliseconds);
                wake.Add(woken.TotalMilliseconds);
            }

            if ((i + 1 - Warmup) % Spoken == 0 && i >= Warmup)
            {
                Bench.Say($"{name}: {i + 1 - Warmup} of {Rounds}");
            }
        }

        return
        [
            new($"{name}, p50", wake.P50, "ms") { Reference = new("IsActive, same connection, p50", call.P50) },
            new($"{name}, p99", wake.P99, "ms") { Reference = new("IsActive, same connection, p99", call.P99) },
        ];
    }
}
