using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>Resident memory of the process that provisioned the accesses itself, which is more than after a restart.</summary>
internal sealed class IdleMemory : IBenchmark
{
    private const string Namespace = "team";
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    public string Name => "memory";

    public string What => "resident memory after 10 s idle, with 10 and with 1,000 accesses, and its peak while they came";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        double few, many, peak;
        await using (var warden = await bench.StartWardenAsync(cluster, cancellation))
        {
            few = await ProvisionAsync(cluster, warden, 0, 10, cancellation);
            many = await ProvisionAsync(cluster, warden, 10, 1000, cancellation);
            peak = ProcessFigures.PeakMegabytes(warden.Id);
        }

        await using var again = await bench.StartWardenAsync(cluster, cancellation);
        await Task.Delay(Idle, cancellation);
        var (restarted, restartedPeak) = (ProcessFigures.ResidentMegabytes(again.Id), ProcessFigures.PeakMegabytes(again.Id));
        return
        [
            new("idle memory, 10 accesses", few, "MB") { Target = Target.AtMost(45) },
            new("idle memory, 1,000 accesses", many, "MB")
            {
                Target = Target.AtMost(60),
                Note = $"in the process that provisioned them; {restarted:0.0} MB in one that was started when they were there",
            },
            new("peak memory, 1,000 new accesses at once", peak, "MB")
            {
                Target = Target.AtMost(110),
                Note = $"VmHWM, without a limit of memory; {restartedPeak:0.0} MB in the process that was started when they were there",
            },
        ];
    }

    private static async Task<double> ProvisionAsync(BenchCluster cluster, WardenUnderTest warden, int from, int to, CancellationToken cancellation)
    {
        string[] names = [.. Enumerable.Range(from, to - from).Select(BenchCluster.Name)];
        await using (var arrivals = await Arrivals.WatchAsync(cluster, Namespace, cancellation))
        {
            await cluster.AccessesAsync(Namespace, names, cancellation);
            await arrivals.AllReadyAsync(names);
        }

        await Task.Delay(Idle, cancellation);
        warden.ThrowIfEnded();
        return ProcessFigures.ResidentMegabytes(warden.Id);
    }
}
