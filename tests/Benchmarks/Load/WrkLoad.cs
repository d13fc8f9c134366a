using System.Diagnostics;
using System.Text;

namespace AgentWarden.Benchmarks.Load;

/// <summary>The load of wrk, which needs far less of the two shared cores than a .NET client.</summary>
internal sealed class WrkLoad : ILoadGenerator
{
    /// <summary>An answer that is no 2xx counts in summary.errors.status.</summary>
    private const string Script =
        """
        wrk.method = os.getenv("BENCH_METHOD")
        local file = io.open(os.getenv("BENCH_BODY"), "rb")
        local body = file:read("*a")
        file:close()
        if #body > 0 then
          wrk.body = body
          wrk.headers["Content-Type"] = "application/json"
        end
        done = function(summary, latency, requests)
          local e = summary.errors
          print(string.format("FIGURES %d %d %d %d", summary.requests, summary.duration, latency:percentile(99.0), e.connect + e.read + e.write + e.timeout + e.status))
        end
        """;

    public string Name => "wrk";

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "wrk")));

    public async Task<LoadResult> RunAsync(int port, LoadRequest request, TimeSpan duration, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("agent-warden-wrk-");
        try
        {
            var (script, body) = (Path.Combine(folder.FullName, "request.lua"), Path.Combine(folder.FullName, "body"));
            await File.WriteAllTextAsync(script, Script, cancellation);
            await File.WriteAllTextAsync(body, request.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellation);
            var start = new ProcessStartInfo("wrk", ["-t1", $"-c{RawLoad.Connections}", $"-d{duration.TotalSeconds:0}s", "-s", script, $"https://127.0.0.1:{port}{request.Path}"]) { RedirectStandardOutput = true, UseShellExecute = false };
            (start.Environment["BENCH_METHOD"], start.Environment["BENCH_BODY"]) = (request.Method, body);
            return Read(await RunAsync(start, cancellation));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> RunAsync(ProcessStartInfo start, CancellationToken cancellation)
    {
        using var wrk = Process.Start(start)!;
        try
        {
            var output = await wrk.StandardOutput.ReadToEndAsync(cancellation);
            await wrk.WaitForExitAsync(cancellation);
            return output;
        }
        finally
        {
            if (!wrk.HasExited)
            {
                wrk.Kill();
            }
        }
    }

    private static LoadResult Read(string output)
    {
        var line = output.Split('\n').FirstOrDefault(l => l.StartsWith("FIGURES ", StringComparison.Ordinal)) ?? throw new InvalidOperationException($"wrk gave no figures:\n{output}");
        var figures = line.Split(' ').Skip(1).Select(long.Parse).ToArray();
        // wrk counts in microseconds.
        return new(figures[0] / (figures[1] / 1e6), figures[2] / 1e3, figures[0], figures[3]);
    }
}
