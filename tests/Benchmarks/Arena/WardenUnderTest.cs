using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>The published functions in a process of their own, as a pod would run them.</summary>
internal sealed class WardenUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private const int KeptLines = 30;

    private readonly Process _process;
    private readonly Queue<string> _log = new();

    private WardenUnderTest(Process process, int admission, int http, long startedAt) => (_process, AdmissionPort, HttpPort, StartedAt) = (process, admission, http, startedAt);

    public int AdmissionPort { get; }

    public int HttpPort { get; }

    public int Id => _process.Id;

    /// <summary>A Stopwatch timestamp of just before the process was made.</summary>
    public long StartedAt { get; }

    /// <summary>The process only: nothing has been awaited.</summary>
    public static WardenUnderTest Launch(Bench bench, string kubeconfig)
    {
        var (admission, http) = (FreePort(), FreePort());
        var start = new ProcessStartInfo(bench.Programs.Warden, ["serve", "--admission", $"127.0.0.1:{admission}", "--http", $"127.0.0.1:{http}", "--certificate", bench.CertificateFile, "--key", bench.KeyFile, "--kubeconfig", kubeconfig])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = bench.Programs.Folder,
        };
        start.Environment["DOTNET_ROOT"] = PublishedPrograms.DotnetRoot;
        var startedAt = Stopwatch.GetTimestamp();
        var warden = new WardenUnderTest(Process.Start(start)!, admission, http, startedAt);
        warden.KeepLog();
        return warden;
    }

    /// <summary>Started, listed and ready.</summary>
    public static async Task<WardenUnderTest> StartAsync(Bench bench, string kubeconfig, CancellationToken cancellation)
    {
        var warden = Launch(bench, kubeconfig);
        try
        {
            await warden.ReadyAsync(cancellation);
            return warden;
        }
        catch
        {
            await warden.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asked to end by its id, so that it gives the Lease back; killed when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            ProcessFigures.Terminate(_process.Id);
            using var patience = new CancellationTokenSource(StopPatience);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    public void ThrowIfEnded()
    {
        if (_process.HasExited)
        {
            throw Failure($"ended with code {_process.ExitCode}");
        }
    }

    private async Task ReadyAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (Stopwatch.GetElapsedTime(StartedAt) < StartPatience)
        {
            ThrowIfEnded();
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{HttpPort}/readyz"), cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(10, cancellation);
        }

        throw Failure($"was not ready within {StartPatience.TotalSeconds:0} s");
    }

    private InvalidOperationException Failure(string what)
    {
        lock (_log)
        {
            return new($"agent-warden {what}. Its last lines:\n{string.Join('\n', _log)}");
        }
    }

    private void KeepLog()
    {
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        lock (_log)
        {
            if (line is not null)
            {
                _log.Enqueue(line);
            }

            if (_log.Count > KeptLines)
            {
                _log.Dequeue();
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
