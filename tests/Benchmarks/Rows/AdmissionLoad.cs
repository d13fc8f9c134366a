using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Load;
using AgentWarden.Benchmarks.Report;

namespace AgentWarden.Benchmarks.Rows;

/// <summary>Admission under load, beside the smallest answers that the same TLS endpoint gives.</summary>
internal sealed class AdmissionLoad : IBenchmark
{
    private const string Namespace = "team";
    private const int Rounds = 3;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);

    public string Name => "admission";

    public string What => "admission review of an 8 KB pod that matches, over TLS at 8 connections, beside an empty answer of the same server";

    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellation)
    {
        await using var cluster = await bench.NewClusterAsync(cancellation);
        await cluster.NamespaceAsync(Namespace, cancellation);
        await using var warden = await bench.StartWardenAsync(cluster, cancellation);
        await using (var arrivals = await Arrivals.WatchAsync(cluster, Namespace, cancellation))
        {
            await cluster.AccessAsync(Namespace, BenchCluster.Name(0), cancellation);
            await arrivals.ReadyAsync(BenchCluster.Name(0));
        }

        ILoadGenerator load = WrkLoad.IsInstalled ? new WrkLoad() : new RawLoad();
        var matching = new Probe(PodReview.Of(Namespace, BenchCluster.Name(0)));
        var other = new Probe(PodReview.Of(Namespace, "another-agent"));
        var empty = new Probe(new LoadRequest("GET", "/no-such-route", ""));
        await AssertInjectedAsync(warden, matching.Request, cancellation);
        await load.RunAsync(warden.AdmissionPort, matching.Request, Warmup, cancellation);
        for (var round = 0; round < Rounds; round++)
        {
            await matching.RunAsync(load, warden, cancellation);
            await other.RunAsync(load, warden, cancellation);
            await empty.RunAsync(load, warden, cancellation);
        }

        await AssertInjectedAsync(warden, matching.Request, cancellation);
        var failures = matching.Errors + other.Errors;
        return
        [
            new("admission, 8 KB pod that matches", matching.Rate, "req/s") { Target = Target.AtLeast(7000), Reference = new("empty answer (404)", empty.Rate), Note = $"load by {load.Name} on the same cores, medians of {Rounds} rounds of {Measured.TotalSeconds:0} s, {failures} errors" },
            new("admission, p99", matching.P99, "ms") { Target = Target.AtMost(6), Reference = new("empty answer (404)", empty.P99) },
            new("admission, server CPU a request", matching.Cpu, "ms") { Target = Target.AtMost(0.25), Reference = new("empty answer (404)", empty.Cpu) },
            new("admission, 8 KB pod that nothing selects", other.Rate, "req/s") { Reference = new("empty answer (404)", empty.Rate), Note = $"p99 {other.P99:0.0} ms, {other.Cpu:0.000} ms CPU a request" },
        ];
    }

    private static async Task AssertInjectedAsync(WardenUnderTest warden, LoadRequest request, CancellationToken cancellation)
    {
        using var connection = await TlsConnection.OpenAsync(warden.AdmissionPort, cancellation);
        var (status, body) = await connection.SendAsync(request.Bytes, cancellation);
        if (!PodReview.Injects(status, body))
        {
            throw new InvalidOperationException($"The pod was not injected (HTTP {status}): the load would measure something else.");
        }
    }

    private sealed class Probe(LoadRequest request)
    {
        private readonly List<double> _rates = [], _latencies = [], _cpu = [];

        public LoadRequest Request => request;

        public double Rate => Samples.Median(_rates);

        public double P99 => Samples.Median(_latencies);

        public double Cpu => Samples.Median(_cpu);

        public long Errors { get; private set; }

        public async Task RunAsync(ILoadGenerator load, WardenUnderTest warden, CancellationToken cancellation)
        {
            var before = ProcessFigures.CpuMilliseconds(warden.Id);
            var result = await load.RunAsync(warden.AdmissionPort, request, Measured, cancellation);
            var used = ProcessFigures.CpuMilliseconds(warden.Id) - before;
            _rates.Add(result.RequestsPerSecond);
            _latencies.Add(result.P99Milliseconds);
            _cpu.Add(used / result.Requests);
            Errors += result.Errors;
        }
    }
}
