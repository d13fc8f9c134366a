using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge.Sinks;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>Resident memory of the bridge, with many watched objects and with none.</summary>
internal sealed class BridgeMemory : IBenchmark
{
    private const string Namespace = "team";
    private const int Many = 50_000;

    /// <summary>50 MB, and 0.6 KB an object.</summary>
    private const double Limit = 50 + (Many * 0.6 / 1000);

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public string Name => "bridge-memory";

    public string What => "resident memory of the bridge with 50,000 watched Secrets, beside the same bridge with none";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        var delivered = 0;
        await using var functions = new FunctionsEndpoint(RecordingFunction.All(Namespace, (_, _) => Interlocked.Increment(ref delivered)), cluster.Api, PublishedProcess.FreePort());
        await functions.StartAsync(cancellation);

        var none = await MeasureAsync(bench, cluster, functions, 0, cancellation);
        await ManySecrets.WriteAllAsync(cluster, Namespace, Many, cancellation);
        var many = await MeasureAsync(bench, cluster, functions, Many, cancellation);
        var looks = Many * RecordingFunction.Names.Count;
        if (delivered != looks)
        {
            throw new InvalidOperationException($"The bridge rests, and of {looks} looks {delivered} were delivered.");
        }

        return
        [
            new("bridge memory, 50,000 Secrets, at rest", many.Idle, "MB")
            {
                Reference = new("none", none.Idle),
                Target = Target.AtMost(Limit),
                Note = $"{(many.Idle - none.Idle) * 1e6 / Many:0} bytes an object; after {looks:#,0} deliveries over HTTP and {Rest.TotalSeconds:0} s of rest",
            },
            new("bridge memory, 50,000 Secrets, peak of the start", many.Peak, "MB") { Reference = new("none", none.Peak), Note = "without a limit of memory; with one, the collector stays below three quarters of it" },
        ];
    }

    private static async Task<(double Idle, double Peak)> MeasureAsync(Bench bench, BenchCluster cluster, FunctionsEndpoint functions, int objects, CancellationToken cancellation)
    {
        await using var bridge = BridgeUnderTest.Launch(bench, cluster, BridgeUnderTest.HttpSettings(functions.Events, HttpSinkMode.Structured));
        await bridge.RestAsync(objects, cancellation);
        Bench.Say($"with {objects:#,0} Secrets the bridge has nothing left to do; {Rest.TotalSeconds:0} s of rest");
        await Task.Delay(Rest, cancellation);
        bridge.ThrowIfEnded();
        return (ProcessFigures.ResidentMegabytes(bridge.Id), ProcessFigures.PeakMegabytes(bridge.Id));
    }
}
