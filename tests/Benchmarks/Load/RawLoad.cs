using System.Diagnostics;
using AgentWarden.Benchmarks.Report;

namespace AgentWarden.Benchmarks.Load;

/// <summary>The load where wrk is not installed: in this process, over raw TLS streams.</summary>
internal sealed class RawLoad : ILoadGenerator
{
    public const int Connections = 8;

    public string Name => "a .NET client in the benchmark";

    public async Task<LoadResult> RunAsync(int port, LoadRequest request, TimeSpan duration, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var each = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(() => DriveAsync(port, request, started, duration, cancellation), cancellation)));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = new Samples(each.SelectMany(e => e.Latencies));
        return new(all.Values.Count / seconds, all.P99, all.Values.Count, each.Sum(e => e.Errors));
    }

    private static async Task<(List<double> Latencies, long Errors)> DriveAsync(int port, LoadRequest request, long started, TimeSpan duration, CancellationToken cancellation)
    {
        using var connection = await TlsConnection.OpenAsync(port, cancellation);
        var latencies = new List<double>(100_000);
        var errors = 0L;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var sent = Stopwatch.GetTimestamp();
            var (status, _) = await connection.SendAsync(request.Bytes, cancellation);
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            errors += status is >= 200 and < 300 ? 0 : 1;
        }

        return (latencies, errors);
    }
}
