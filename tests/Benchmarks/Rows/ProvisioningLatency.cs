using System.Diagnostics;
using System.Text.Json.Nodes;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>One access after another, and between them the write that nothing can be faster than.</summary>
internal sealed class ProvisioningLatency : IBenchmark
{
    private const int Applies = 200;
    private const int Warmup = 30;
    private const string Namespace = "team";

    public string Name => "latency";

    public string What => "LLMAccess applied → Secret seen, Ready seen: 200 single applies, beside 200 bare Secret writes";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await using var warden = await bench.StartWardenAsync(cluster, cancellation);
        await using var arrivals = await Arrivals.WatchAsync(cluster, Namespace, cancellation);

        Samples bare = new(), toSecret = new(), toReady = new(), accepted = new();
        for (var i = 0; i < Warmup + Applies; i++)
        {
            warden.ThrowIfEnded();
            var write = await BareSecretAsync(cluster, i, cancellation);

            var name = BenchCluster.Name(i);
            var started = Stopwatch.GetTimestamp();
            await cluster.AccessAsync(Namespace, name, cancellation);
            var answered = Stopwatch.GetElapsedTime(started);
            var secret = Stopwatch.GetElapsedTime(started, await arrivals.SecretAsync(BenchCluster.SecretName(name)));
            var ready = Stopwatch.GetElapsedTime(started, await arrivals.ReadyAsync(name));
            if (i >= Warmup)
            {
                bare.Add(write.TotalMilliseconds);
                accepted.Add(answered.TotalMilliseconds);
                toSecret.Add(secret.TotalMilliseconds);
                toReady.Add(ready.TotalMilliseconds);
            }
        }

        return
        [
            Row("LLMAccess applied → Secret, p50", toSecret.P50, 8, "bare Secret write p50", bare.P50) with { Note = $"counted from before the request is sent; the request alone took {accepted.P50:0.0} ms (p50); the bare Secret write {bare.P99:0.0} ms at p99" },
            Row("LLMAccess applied → Secret, p99", toSecret.P99, 25, "bare Secret write p99", bare.P99),
            Row("LLMAccess applied → Ready, p50", toReady.P50, 12, "bare Secret write p50", bare.P50),
            Row("LLMAccess applied → Ready, p99", toReady.P99, 25, "bare Secret write p99", bare.P99),
        ];
    }

    private static Figure Row(string name, double value, double limit, string reference, double referenceValue) =>
        new(name, value, "ms") { Target = Target.AtMost(limit), Reference = new(reference, referenceValue) };

    /// <summary>Labelled like a Secret of ours and owned by nobody, so that the functions have nothing to do with it.</summary>
    private static async Task<TimeSpan> BareSecretAsync(BenchCluster cluster, int number, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = $"bare-{number:0000}", ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "benchmarks" } },
            ["stringData"] = new JsonObject { ["apiKey"] = new string('k', 108), ["provider"] = "anthropic" },
        };
        var started = Stopwatch.GetTimestamp();
        await cluster.CreateAsync(KubernetesKinds.Secret, "platform", body, cancellation);
        return Stopwatch.GetElapsedTime(started);
    }
}
