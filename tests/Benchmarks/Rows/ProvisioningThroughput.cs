using System.Diagnostics;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>A thousand at once, and a bare loop that makes the same writes. Each round has a fresh control plane; a second thousand shows the functions warm.</summary>
internal sealed class ProvisioningThroughput : IBenchmark
{
    private const int Rounds = 3;
    private const int Count = 1000;

    /// <summary>On a slow machine no further round is begun after this.</summary>
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(75);

    private const string Cold = "first", Warm = "second";
    private static readonly string[] Names = [.. Enumerable.Range(0, Count).Select(BenchCluster.Name)];

    public string Name => "throughput";

    public string What => "1,000 LLMAccess at once → all Ready, beside a bare loop that makes the same writes over 16 connections";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        Samples cold = new(), warm = new(), bareCold = new(), bareWarm = new();
        var requests = "";
        ProvisionedBodies? bodies = null;
        var started = Stopwatch.GetTimestamp();
        for (var round = 0; round < Rounds && Stopwatch.GetElapsedTime(started) < Enough; round++)
        {
            await using (var cluster = await bench.NewClusterAsync(cancellation))
            {
                await using var warden = await bench.StartWardenAsync(cluster, cancellation);
                cold.Add((await ProvisionAsync(cluster, Cold, cancellation)).Seconds);
                (var seconds, requests) = await ProvisionAsync(cluster, Warm, cancellation);
                warm.Add(seconds);
                bodies ??= await ProvisionedBodies.CaptureAsync(cluster, Cold, Names[0], cancellation);
            }

            await using (var cluster = await bench.NewClusterAsync(cancellation))
            {
                bareCold.Add(await BareAsync(cluster, bodies, Cold, cancellation));
                bareWarm.Add(await BareAsync(cluster, bodies, Warm, cancellation));
            }
        }

        return
        [
            Row("1,000 LLMAccess → all Ready", warm, bareWarm) with { Note = $"rounds {warm} s, bare {bareWarm} s; median; our process's API requests in the last round: {requests}" },
            Row("1,000 LLMAccess → all Ready, just started", cold, bareCold) with { Note = $"rounds {cold} s, bare {bareCold} s; median; the first thousand of a process and of its API server" },
        ];
    }

    private static Figure Row(string name, Samples ours, Samples bare) =>
        new(name, Samples.Median(ours.Values), "s") { Target = Target.RatioAtMost(1.15), Reference = new("the same writes, bare", Samples.Median(bare.Values)) };

    private static async Task<(double Seconds, string Requests)> ProvisionAsync(BenchCluster cluster, string ns, CancellationToken cancellation)
    {
        await cluster.NamespaceAsync(ns, cancellation);
        await using var arrivals = await Arrivals.WatchAsync(cluster, ns, cancellation);
        var before = await cluster.Counters.ReadAsync(cancellation);
        var started = Stopwatch.GetTimestamp();
        await cluster.AccessesAsync(ns, Names, cancellation);
        var seconds = Stopwatch.GetElapsedTime(started, await arrivals.AllReadyAsync(Names)).TotalSeconds;
        // Events are written behind the status; they belong to the count.
        await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
        var made = RequestCounters.Between(before, await cluster.Counters.ReadAsync(cancellation)).Where(r => r.Key is not { Verb: "POST", Resource: "llmaccesses" } and not { Resource: "" } and not { Verb: "WATCH" });
        await AssertReadyAsync(cluster, ns, cancellation);
        return (seconds, RequestCounters.Describe(made));
    }

    /// <summary>Fast and wrong is not fast: what was Ready once must have stayed so.</summary>
    private static async Task AssertReadyAsync(BenchCluster cluster, string ns, CancellationToken cancellation)
    {
        var ready = 0;
        await foreach (var access in cluster.Api.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, cancellation))
        {
            ready += Arrivals.IsReady(access) ? 1 : 0;
        }

        if (ready != Count)
        {
            throw new InvalidOperationException($"{Count} accesses were Ready, and a moment later only {ready} of them are.");
        }
    }

    private static async Task<double> BareAsync(BenchCluster cluster, ProvisionedBodies bodies, string ns, CancellationToken cancellation)
    {
        await cluster.NamespaceAsync(ns, cancellation);
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Names, new ParallelOptions { MaxDegreeOfParallelism = BenchCluster.Connections, CancellationToken = cancellation }, async (name, token) =>
        {
            var access = await cluster.AccessAsync(ns, name, token);
            await bodies.WriteAsync(cluster.Api, access, token);
        });
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
