using AgentWarden.Kernel.Contracts;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Load;
using AgentWarden.Benchmarks.Report;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>The bridge starts with many objects, and everything is looked at by three functions; and the same requests without a bridge.</summary>
internal sealed class BridgeThroughput : IBenchmark
{
    private const int Secrets = 20_000;
    private const string Namespace = "team";

    private readonly BacklogRace _race = new(Secrets);

    public string Name => "bridge-throughput";

    public string What => "events a second out of a backlog of 20,000 Secrets × 3 functions, by mode, beside a bare loop of the same requests";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await ManySecrets.WriteAllAsync(cluster, Namespace, Secrets, cancellation);
        var recording = RecordingFunction.All(Namespace, _race.See);
        await using var functions = new FunctionsEndpoint(recording, cluster.Api, PublishedProcess.FreePort());
        await functions.StartAsync(cancellation);
        var objects = new List<ObjectReference>();
        await foreach (var secret in cluster.Api.ListAsync(KubernetesKinds.Secret, Namespace, new() { MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, cancellation))
        {
            objects.Add(ObjectReference.To(KubernetesKinds.Secret, secret.Metadata));
        }

        var figures = new List<Figure>
        {
            await _race.RunAsync("in-process", "the same calls without watch and queue",
                () => Task.FromResult<IAsyncDisposable>(new BridgeInside(cluster, recording)),
                () => CallAsync(recording, objects, cancellation), cancellation) with { InProcess = true },
        };
        foreach (var mode in Enum.GetValues<HttpSinkMode>())
        {
            figures.Add(await _race.RunAsync($"HTTP {mode.ToString().ToLowerInvariant()}", $"bare POSTs of the same bodies over {BarePosts.Connections(mode)} connections",
                () => Task.FromResult<IAsyncDisposable>(BridgeUnderTest.Launch(bench, cluster, BridgeUnderTest.HttpSettings(functions.Events, mode))),
                () => BarePosts.SendAsync(functions.Events, mode, objects, cancellation), cancellation));
        }

        return figures;
    }

    private static async Task CallAsync(IReadOnlyList<RecordingFunction> recording, List<ObjectReference> objects, CancellationToken cancellation)
    {
        using var metrics = new AgentWardenMetrics();
        var sink = new InProcessSink(recording, new(metrics, NullLoggerFactory.Instance));
        await Task.WhenAll(recording.Select(f => Parallel.ForEachAsync(objects, new ParallelOptions { MaxDegreeOfParallelism = sink.Concurrency, CancellationToken = cancellation },
            async (o, token) => await sink.DeliverAsync(f.Name, new(ObjectChange.Add, o), token))));
    }
}
