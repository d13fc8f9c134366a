using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>Nothing changes: nothing is written.</summary>
internal sealed class QuietWrites : IBenchmark
{
    private const int Count = 1000;
    private const string Namespace = "team";
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);
    private static readonly string[] Ours = ["secrets", "llmaccesses", "llmproviders", "events"];

    public string Name => "quiet";

    public string What => "writes per minute when nothing changes, 1,000 accesses, counted at the API server";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await using var warden = await bench.StartWardenAsync(cluster, cancellation);
        string[] names = [.. Enumerable.Range(0, Count).Select(BenchCluster.Name)];
        await using (var arrivals = await Arrivals.WatchAsync(cluster, Namespace, cancellation))
        {
            await cluster.AccessesAsync(Namespace, names, cancellation);
            await arrivals.AllReadyAsync(names);
        }

        // Their Events, the provider's count of accesses and the looks that confirm the Secrets.
        await Task.Delay(Settle, cancellation);
        var cpu = ProcessFigures.CpuMilliseconds(warden.Id);
        var before = await cluster.Counters.ReadAsync(cancellation);
        await Task.Delay(Watched, cancellation);
        var made = RequestCounters.Between(before, await cluster.Counters.ReadAsync(cancellation));
        cpu = ProcessFigures.CpuMilliseconds(warden.Id) - cpu;
        warden.ThrowIfEnded();

        var writes = made.Where(r => r.Key.IsWrite && Ours.Contains(r.Key.Resource, StringComparer.Ordinal)).ToArray();
        var leases = made.Where(r => r.Key is { IsWrite: true, Resource: "leases" }).Sum(r => r.Value);
        var reads = made.Where(r => !r.Key.IsWrite && Ours.Contains(r.Key.Resource, StringComparer.Ordinal));
        return
        [
            new("writes a minute when nothing changes", writes.Sum(r => r.Value), "writes")
            {
                Target = Target.AtMost(0),
                Note = $"writes: {RequestCounters.Describe(writes)}; reads and watches begun: {RequestCounters.Describe(reads)}; Lease renewals: {leases}; the process used {cpu:0} ms CPU in the minute",
            },
        ];
    }
}
