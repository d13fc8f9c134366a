using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks.EventGrid;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>The bridge empties a backlog through each broker, and every look is reported; and the same sink called in a loop, with nothing before and after it.</summary>
internal sealed class BrokerThroughput : IBenchmark
{
    private const int Secrets = 2_000;
    private const string Namespace = "team";
    private const string Reference = "the sink alone in a loop, nothing reported";

    private readonly BacklogRace _race = new(Secrets);

    public string Name => "broker-throughput";

    public string What => "events a second out of a backlog of 2,000 Secrets × 3 functions through each broker, beside the sink alone in a loop";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await ManySecrets.WriteAllAsync(cluster, Namespace, Secrets, cancellation);
        await using var functions = new FunctionsEndpoint(RecordingFunction.All(Namespace, _race.See), cluster.Api, PublishedProcess.FreePort());
        await functions.StartAsync(cancellation);
        var objects = new List<ObjectReference>();
        await foreach (var secret in cluster.Api.ListAsync(KubernetesKinds.Secret, Namespace, new() { MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, cancellation))
        {
            objects.Add(ObjectReference.To(KubernetesKinds.Secret, secret.Metadata));
        }

        var figures = new List<Figure>();
        await using (var topic = await EventGridStandIn.StartAsync(functions.Events, cancellation))
        {
            figures.Add(await RaceAsync("Event Grid", topic.Settings, s => EventGridSink.FromSettings(s, "/bare", TimeProvider.System, NullLoggerFactory.Instance), bench, cluster, functions, objects, cancellation));
        }

        await using (var queue = await QueueStandIn.StartAsync(functions))
        {
            figures.Add(await RaceAsync("Storage Queue", queue.Settings, s => StorageQueueSink.FromSettings(s, "/bare", TimeProvider.System, NullLoggerFactory.Instance), bench, cluster, functions, objects, cancellation));
        }

        return figures;
    }

    private Task<Figure> RaceAsync(string broker, Dictionary<string, string> settings, Func<Func<string, string?>, IEventSink> sink, Bench bench, BenchCluster cluster, FunctionsEndpoint functions, List<ObjectReference> objects, CancellationToken cancellation) =>
        _race.RunAsync(broker, Reference, () => Task.FromResult<IAsyncDisposable>(new Reporting(bench, cluster, settings, functions)), () => CallAsync(sink(settings.GetValueOrDefault), objects, cancellation), cancellation);

    private static Task CallAsync(IEventSink sink, List<ObjectReference> objects, CancellationToken cancellation) =>
        Task.WhenAll(RecordingFunction.Names.Select(function => Parallel.ForEachAsync(objects, new ParallelOptions { MaxDegreeOfParallelism = sink.Concurrency, CancellationToken = cancellation },
            async (o, token) => await sink.DeliverAsync(function, new(ObjectChange.Add, o), token))));

    /// <summary>A bridge to which the functions report for as long as it runs.</summary>
    private sealed class Reporting : IAsyncDisposable
    {
        private readonly BridgeUnderTest _bridge;
        private readonly FunctionsEndpoint _functions;
        private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

        public Reporting(Bench bench, BenchCluster cluster, Dictionary<string, string> settings, FunctionsEndpoint functions)
        {
            (_bridge, _functions) = (BridgeUnderTest.Launch(bench, cluster, settings), functions);
            functions.Reports = new HttpLookReports(_http, _bridge.Http, static _ => new((string?)null), TimeProvider.System);
        }

        public async ValueTask DisposeAsync()
        {
            _functions.Reports = new Nowhere();
            await _bridge.DisposeAsync();
            _http.Dispose();
        }
    }

    private sealed class Nowhere : ILookReports
    {
        public Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation) => Task.CompletedTask;
    }
}
