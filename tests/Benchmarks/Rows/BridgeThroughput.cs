using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Load;
using AgentWarden.Benchmarks.Report;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.EventBridge.Sinks;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>The bridge starts with many objects, and everything is looked at by three functions; and the same requests without a bridge.</summary>
internal sealed class BridgeThroughput : IBenchmark
{
    private const int Rounds = 3;
    private const int Secrets = 20_000;
    private const string Namespace = "team";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private LookTally _tally = new(Secrets);

    public string Name => "bridge-throughput";

    public string What => "events a second out of a backlog of 20,000 Secrets × 3 functions, by mode, beside a bare loop of the same requests";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await ManySecrets.WriteAllAsync(cluster, Namespace, Secrets, cancellation);
        var recording = RecordingFunction.All(Namespace, (function, secret) => _tally.See(function, secret));
        await using var functions = new FunctionsEndpoint(recording, cluster.Api, PublishedProcess.FreePort());
        await functions.StartAsync(cancellation);
        var objects = new List<ObjectReference>();
        await foreach (var secret in cluster.Api.ListAsync(KubernetesKinds.Secret, Namespace, new() { MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, cancellation))
        {
            objects.Add(ObjectReference.To(KubernetesKinds.Secret, secret.Metadata));
        }

        var figures = new List<Figure>
        {
            await MeasureAsync("in-process", "the same calls without watch and queue",
                () => Task.FromResult<IAsyncDisposable>(new BridgeInside(cluster, recording)), () => CallAsync(recording, objects, cancellation), cancellation),
        };
        foreach (var mode in Enum.GetValues<HttpSinkMode>())
        {
            figures.Add(await MeasureAsync($"HTTP {mode.ToString().ToLowerInvariant()}", $"bare POSTs of the same bodies over {BarePosts.Connections(mode)} connections",
                () => Task.FromResult<IAsyncDisposable>(BridgeUnderTest.Launch(bench, cluster, BridgeUnderTest.HttpSettings(functions.Events, mode))),
                () => BarePosts.SendAsync(functions.Events, mode, objects, cancellation), cancellation));
        }

        return figures;
    }

    private async Task<Figure> MeasureAsync(string how, string reference, Func<Task<IAsyncDisposable>> start, Func<Task> bare, CancellationToken cancellation)
    {
        Samples ours = new(), theirs = new();
        for (var round = 1; round <= Rounds; round++)
        {
            _tally = new(Secrets);
            await using (await start())
            {
                ours.Add(await RateAsync(Task.CompletedTask, cancellation));
            }

            _tally = new(Secrets);
            theirs.Add(await RateAsync(Task.Run(bare, cancellation), cancellation));
            Bench.Say($"{how}, round {round} of {Rounds}: {ours.Values[^1]:#,0} events/s, bare {theirs.Values[^1]:#,0}");
        }

        return new($"events a second, {how}", Samples.Median(ours.Values), "events/s")
        {
            Reference = new(reference, Samples.Median(theirs.Values)),
            Note = $"rounds {Rates(ours)}, bare {Rates(theirs)}; median; each of {_tally.Expected:#,0} events",
        };
    }

    private static string Rates(Samples samples) => string.Join(", ", samples.Values.Select(v => v.ToString("0")));

    /// <summary>From the first look to the last of all.</summary>
    private async Task<double> RateAsync(Task sending, CancellationToken cancellation)
    {
        // A failed sender is told at once, and not after the patience.
        await sending;
        try
        {
            await _tally.All.WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{_tally.Count:#,0} of {_tally.Expected:#,0} looks were made within {Patience.TotalSeconds:0} s.", late);
        }

        return (_tally.Expected - 1) / _tally.Took.TotalSeconds;
    }

    private static async Task CallAsync(IReadOnlyList<RecordingFunction> recording, List<ObjectReference> objects, CancellationToken cancellation)
    {
        using var metrics = new AgentWardenMetrics();
        var sink = new InProcessSink(recording, new(metrics, NullLoggerFactory.Instance));
        await Task.WhenAll(recording.Select(f => Parallel.ForEachAsync(objects, new ParallelOptions { MaxDegreeOfParallelism = sink.Concurrency, CancellationToken = cancellation },
            async (o, token) => await sink.DeliverAsync(f.Name, new(ObjectChange.Add, o), token))));
    }
}
