using System.Text;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Secrets that are nobody's, as most of a cluster's are: three functions hear of each.</summary>
internal static class ManySecrets
{
    private const int Writers = 32;
    private const int Spoken = 10_000;

    /// <summary>As long as real names are.</summary>
    public static string Name(int number) => $"application-settings-{number:00000}";

    /// <summary>The number in a name.</summary>
    public static int Number(string name) => int.Parse(name.AsSpan(name.LastIndexOf('-') + 1));

    public static Task WriteAsync(KubernetesClient api, string ns, int number, CancellationToken cancellation) =>
        api.CreateAsync(KubernetesKinds.Secret, ns, "benchmarks", Encoding.UTF8.GetBytes(
            $$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{Name(number)}}","labels":{"app.kubernetes.io/name":"application"} },"stringData":{"password":"not-a-secret"} }"""), cancellation);

    /// <summary>Creates them over many connections.</summary>
    public static async Task WriteAllAsync(BenchCluster cluster, string ns, int count, CancellationToken cancellation)
    {
        using var api = new KubernetesClient(cluster.Connection, new() { MaxInFlight = Writers, UserAgent = "benchmarks" });
        var made = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancellation }, async (i, token) =>
        {
            await WriteAsync(api, ns, i, token);
            if (Interlocked.Increment(ref made) is var now && now % Spoken == 0)
            {
                Bench.Say($"{now:#,0} of {count:#,0} Secrets are written");
            }
        });
    }
}
