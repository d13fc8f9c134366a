using System.Diagnostics;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.CloudEvents;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>One change after another through each sink, and how long after the write a bare watch sees the same change.</summary>
internal sealed class BridgeLatency : IBenchmark
{
    private const int Changes = 300;
    private const int Warmup = 50;
    private const string Namespace = "team";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>At random up to this before each change, so that changes do not fall into step with a poll.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(60);

    private readonly Sightings _seen = new();
    private int _written;

    public string Name => "bridge-latency";

    public string What => "Secret written → function invoked, for each sink: 300 single changes, beside a bare watch of the same changes";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await using var watch = await Arrivals.WatchAsync(cluster, Namespace, cancellation);
        var recording = RecordingFunction.All(Namespace, (function, secret) => _seen.See($"{function} {secret.Name}"));
        await using var functions = new FunctionsEndpoint(recording, cluster.Api, PublishedProcess.FreePort());
        await functions.StartAsync(cancellation);

        var figures = new List<Figure>();
        await using (new BridgeInside(cluster, recording))
        {
            figures.AddRange((await MeasureAsync("in-process", cluster, watch, cancellation)).Select(f => f with { InProcess = true }));
        }

        foreach (var mode in Enum.GetValues<HttpSinkMode>())
        {
            figures.AddRange(await MeasureAsync($"HTTP {mode.ToString().ToLowerInvariant()}", bench, cluster, watch, functions, BridgeUnderTest.HttpSettings(functions.Events, mode), cancellation));
        }

        await using (var topic = await EventGridStandIn.StartAsync(functions.Events, cancellation))
        {
            figures.AddRange(await MeasureAsync("Event Grid", bench, cluster, watch, functions, topic.Settings, cancellation));
        }

        await using (var queue = await QueueStandIn.StartAsync(functions))
        {
            figures.AddRange(await MeasureAsync("Storage Queue", bench, cluster, watch, functions, queue.Settings, cancellation));
        }

        return figures;
    }

    private async Task<IEnumerable<Figure>> MeasureAsync(string sink, Bench bench, BenchCluster cluster, Arrivals watch, FunctionsEndpoint functions, Dictionary<string, string> settings, CancellationToken cancellation)
    {
        await using var bridge = BridgeUnderTest.Launch(bench, cluster, settings);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        functions.Reports = new HttpLookReports(http, bridge.Http, static _ => new((string?)null), TimeProvider.System);
        await bridge.RestAsync(_written, cancellation);
        return await MeasureAsync(sink, cluster, watch, cancellation);
    }

    private async Task<IEnumerable<Figure>> MeasureAsync(string sink, BenchCluster cluster, Arrivals watch, CancellationToken cancellation)
    {
        Bench.Say($"{sink}: {Changes} changes after {Warmup}");
        Samples bare = new(), invoked = new();
        for (var i = 0; i < Warmup + Changes; i++)
        {
            await Task.Delay(LongestPause * Random.Shared.NextDouble(), cancellation);
            var number = _written++;
            var started = Stopwatch.GetTimestamp();
            await ManySecrets.WriteAsync(cluster.Api, Namespace, number, cancellation);
            var calls = await Task.WhenAll(RecordingFunction.Names.Select(f => InvokedAsync(f, number, cancellation)));
            var watched = await watch.SecretAsync(ManySecrets.Name(number));
            if (i >= Warmup)
            {
                bare.Add(Stopwatch.GetElapsedTime(started, watched).TotalMilliseconds);
                invoked.Add(Stopwatch.GetElapsedTime(started, calls[0]).TotalMilliseconds);
            }
        }

        return
        [
            new($"Secret written → function invoked, {sink}, p50", invoked.P50, "ms") { Reference = new("bare watch p50", bare.P50) },
            new($"Secret written → function invoked, {sink}, p99", invoked.P99, "ms") { Reference = new("bare watch p99", bare.P99) },
        ];
    }

    private async Task<long> InvokedAsync(string function, int number, CancellationToken cancellation)
    {
        try
        {
            return await _seen.When($"{function} {ManySecrets.Name(number)}").WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{function} was not invoked for {ManySecrets.Name(number)} within {Patience.TotalSeconds:0} s.", late);
        }
    }
}
