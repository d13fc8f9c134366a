using System.Diagnostics;
using System.Text;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Load;
using AgentWarden.Benchmarks.Report;
using AgentWarden.FunctionsHost;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>
/// Under a Functions host: from the start of the worker's process to its first function answered right, beside the smallest isolated app.
/// </summary>
internal sealed class FunctionsHostStart : IBenchmark
{
    private const string Namespace = "team";
    private const int Starts = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Name => "functions-host";

    public string What => "under a stand-in of the Functions host: worker process start → first function answered, beside a bare isolated app";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        Bench.Say("publishing the functions and a bare isolated app for a Functions host");
        var apps = await IsolatedApps.PublishAsync(bench.Programs, cancellation);
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        var review = PodReview.Of(Namespace, BenchCluster.Name(0));
        await using (await bench.StartWardenAsync(cluster, cancellation))
        {
            await using var arrivals = await Arrivals.WatchAsync(cluster, Namespace, cancellation);
            await cluster.AccessAsync(Namespace, BenchCluster.Name(0), cancellation);
            await arrivals.ReadyAsync(BenchCluster.Name(0));
        }

        var settings = Settings(cluster);
        Task<double> OursAsync() => StartAsync(apps.Ours, settings, async http =>
        {
            using var body = new StringContent(review.Body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(review.Path, body, cancellation);
            return PodReview.Injects((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancellation));
        });
        Task<double> SampleAsync() => StartAsync(apps.Sample, new(), async http => await http.GetStringAsync("/hello", cancellation) == "hello");

        // The first of each is not counted: it fills the page cache and warms the host's side.
        await SampleAsync();
        await OursAsync();
        Samples ours = new(), sample = new();
        for (var i = 0; i < Starts; i++)
        {
            sample.Add(await SampleAsync());
            ours.Add(await OursAsync());
        }

        return
        [
            new("Functions host: worker start → first admission right", Samples.Median(ours.Values), "ms")
            {
                Target = Target.AtMost(600),
                Reference = new("bare isolated app, start → first answer", Samples.Median(sample.Values)),
                Note = $"starts {ours} ms; bare isolated app {sample} ms; medians; JIT",
            },
        ];
    }

    private static Dictionary<string, string> Settings(BenchCluster cluster) => new(StringComparer.Ordinal)
    {
        ["KUBECONFIG"] = cluster.Kubeconfig,
        ["AGENTWARDEN_BRIDGE"] = "false",
        ["AGENTWARDEN_QUEUE_NAME"] = "events",
        ["AzureWebJobs.SecretProvisioningQueue.Disabled"] = "true",
        ["AzureWebJobs.SecretRotationQueue.Disabled"] = "true",
        ["AzureWebJobs.ProviderReconciliationQueue.Disabled"] = "true",
        ["AzureWebJobs.CredentialPropagationQueue.Disabled"] = "true",
    };

    private static async Task<double> StartAsync(
        string folder, Dictionary<string, string> settings, Func<HttpClient, Task<bool>> isAnsweredRight)
    {
        await using var host = await FunctionsHostStandIn.StartAsync(folder, settings);
        var startedAt = (await host.Worker).StartedAt;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Address };
        while (!await isAnsweredRight(http))
        {
            if (Stopwatch.GetElapsedTime(startedAt) > Patience)
            {
                throw new TimeoutException($"No right answer within {Patience.TotalSeconds:0} s.");
            }

            await Task.Delay(1);
        }

        return Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
    }
}
