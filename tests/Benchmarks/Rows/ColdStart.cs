using System.Diagnostics;
using System.Net.Sockets;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Load;
using AgentWarden.Benchmarks.Report;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>From the start of the process to the first pod that really gets its variable, beside the start of the smallest .NET program.</summary>
internal sealed class ColdStart : IBenchmark
{
    private const string Namespace = "team";
    private const int Starts = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "start";

    public string What => "process start → first admission answered right, 10 starts, beside a hello-world console program";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        var review = PodReview.Of(Namespace, BenchCluster.Name(0));
        await using (await bench.StartWardenAsync(cluster, cancellation))
        {
            await using var arrivals = await Arrivals.WatchAsync(cluster, Namespace, cancellation);
            await cluster.AccessAsync(Namespace, BenchCluster.Name(0), cancellation);
            await arrivals.ReadyAsync(BenchCluster.Name(0));
        }

        // The first of each is not counted: it fills the page cache and warms the client.
        await HelloAsync(bench, cancellation);
        await StartAsync(bench, cluster, review, cancellation);
        Samples warden = new(), hello = new();
        for (var i = 0; i < Starts; i++)
        {
            hello.Add(await HelloAsync(bench, cancellation));
            warden.Add(await StartAsync(bench, cluster, review, cancellation));
        }

        return
        [
            new("process start → first admission right", Samples.Median(warden.Values), "ms")
            {
                Target = Target.AtMost(100),
                Reference = new("hello world, start → its line", Samples.Median(hello.Values)),
                Note = $"starts {warden} ms; hello world {hello} ms; medians",
            },
        ];
    }

    private static async Task<double> HelloAsync(Bench bench, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(bench.Programs.Hello) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["DOTNET_ROOT"] = PublishedPrograms.DotnetRoot;
        var started = Stopwatch.GetTimestamp();
        using var hello = Process.Start(start)!;
        var line = await hello.StandardOutput.ReadLineAsync(cancellation);
        var elapsed = Stopwatch.GetElapsedTime(started);
        await hello.WaitForExitAsync(cancellation);
        return line == "hello" ? elapsed.TotalMilliseconds : throw new InvalidOperationException("The hello-world program did not say hello.");
    }

    private static async Task<double> StartAsync(Bench bench, BenchCluster cluster, LoadRequest review, CancellationToken cancellation)
    {
        await using var warden = WardenUnderTest.Launch(bench, cluster.Kubeconfig);
        while (Stopwatch.GetElapsedTime(warden.StartedAt) < Patience)
        {
            warden.ThrowIfEnded();
            if (await IsAnsweredRightAsync(warden.AdmissionPort, review, cancellation))
            {
                return Stopwatch.GetElapsedTime(warden.StartedAt).TotalMilliseconds;
            }

            await Task.Delay(1, cancellation);
        }

        throw new TimeoutException($"No right admission answer within {Patience.TotalSeconds:0} s.");
    }

    private static async Task<bool> IsAnsweredRightAsync(int port, LoadRequest review, CancellationToken cancellation)
    {
        try
        {
            using var connection = await TlsConnection.OpenAsync(port, cancellation);
            var (status, body) = await connection.SendAsync(review.Bytes, cancellation);
            return PodReview.Injects(status, body);
        }
        catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // Not listening yet, or not yet with a certificate.
            return false;
        }
    }
}
