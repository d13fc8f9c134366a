using System.Runtime.InteropServices;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Benchmarks.Report;
using AgentWarden.Benchmarks.Rows;

namespace AgentWarden.Benchmarks;

internal static class Program
{
    private static readonly IBenchmark[] All = Fresh();

    /// <summary>A benchmark remembers what it wrote: each run has its own.</summary>
    private static IBenchmark[] Fresh() =>
    [
        new ProvisioningLatency(), new ProvisioningThroughput(), new QuietWrites(), new AdmissionLoad(), new ColdStart(), new FunctionsHostStart(), new IdleMemory(),
        new BridgeLatency(), new BridgeThroughput(), new BrokerThroughput(), new BridgeMemory(), new ScalerWake(),
    ];

    public static async Task<int> Main(string[] args)
    {
        if (args.Contains("--help", StringComparer.Ordinal) || args.Contains("-h", StringComparer.Ordinal))
        {
            Help(Console.Out);
            return 0;
        }

        var names = args.Where(a => a != "--json").ToArray();
        var unknown = names.Except([.. All.Select(b => b.Name), "all"], StringComparer.Ordinal).ToArray();
        if (unknown.Length > 0)
        {
            await Console.Error.WriteLineAsync($"Not a benchmark: {string.Join(", ", unknown)}");
            Help(Console.Error);
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stop);
        using var terminate = StopOn(PosixSignal.SIGTERM, stop);
        var chosen = names.Length == 0 || names.Contains("all", StringComparer.Ordinal) ? All : [.. All.Where(b => names.Contains(b.Name, StringComparer.Ordinal))];
        return await RunAsync(chosen, args.Contains("--json", StringComparer.Ordinal), stop.Token);
    }

    private static async Task<int> RunAsync(IBenchmark[] chosen, bool json, CancellationToken cancellation)
    {
        var figures = new List<Figure>();
        var failed = false;
        try
        {
            var bench = await Bench.PrepareAsync(cancellation);
            var before = bench.Before();
            foreach (var benchmark in chosen)
            {
                Bench.Say($"{benchmark.Name}: {benchmark.What}");
                try
                {
                    figures.AddRange(await MeasureAsync(benchmark, bench, before, cancellation));
                }
                catch (Exception failure)
                {
                    // What fails while everything is being stopped has not failed.
                    cancellation.ThrowIfCancellationRequested();
                    failed = true;
                    Bench.Say($"{benchmark.Name} could not be measured: {failure.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Interrupted: everything that was started has been stopped.");
            return 130;
        }

        await Console.Out.WriteLineAsync(json ? FigureReport.Json(figures) : FigureReport.Table(figures));
        return failed ? 1 : 0;
    }

    /// <summary>With an earlier program first, if there is one, so that both are of one run and minutes apart at most.</summary>
    private static async Task<IEnumerable<Figure>> MeasureAsync(
        IBenchmark benchmark, Bench bench, Bench? before, CancellationToken cancellation)
    {
        if (before is null)
        {
            return await benchmark.RunAsync(bench, cancellation);
        }

        Bench.Say($"{benchmark.Name}: the program of before");
        var twin = Fresh().Single(b => b.Name == benchmark.Name);
        var earlier = (await twin.RunAsync(before, cancellation)).ToDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal);
        Bench.Say($"{benchmark.Name}: the program of now");
        return (await benchmark.RunAsync(bench, cancellation)).Select(f => f.InProcess ? f : f with { Before = earlier[f.Name] });
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        // Without this the runtime ends the process, and what it started lives on.
        context.Cancel = true;
        stop.Cancel();
    });

    private static void Help(TextWriter to)
    {
        to.WriteLine(
            """
            Measures the published functions against a real control plane on this machine.

              dotnet run -c Release --project tests/Benchmarks -- [name…|all] [--json]

            """);
        foreach (var benchmark in All)
        {
            to.WriteLine($"  {benchmark.Name,-17} {benchmark.What}");
        }

        to.WriteLine(
            """

            Without a name all of them are run, which takes about a quarter of an hour. Progress goes to stderr, the figures to stdout.
            It starts kube-apiserver and etcd by itself (KUBEBUILDER_ASSETS, PATH, or built once), publishes the functions natively,
            uses loopback only and stops everything at the end and on Ctrl-C. With wrk on the PATH that makes the load on admission.
            WARDEN_SHIPPED=FOLDER measures what was published there; WARDEN_BEFORE=FOLDER measures an earlier program too, in the same run.
            bridge-latency needs Node.js, and fetches the Azure Storage emulator once.
            What does not meet its target is said in the table and is no failure; the exit code is 1 when something could not be measured.
            """);
    }
}
