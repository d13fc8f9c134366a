using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>The published program in a process of its own, as a pod would run it.</summary>
internal abstract class PublishedProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private const int KeptLines = 30;

    private readonly Process _process;
    private readonly Queue<string> _log = new();

    /// <param name="bench">Where the program is.</param>
    /// <param name="arguments">Its command and options, without <c>--http</c>.</param>
    /// <param name="settings">Environment variables.</param>
    protected PublishedProcess(Bench bench, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> settings)
    {
        HttpPort = FreePort();
        var start = new ProcessStartInfo(bench.Programs.Warden, [.. arguments, "--http", $"127.0.0.1:{HttpPort}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = bench.Programs.Folder,
        };
        start.Environment["DOTNET_ROOT"] = PublishedPrograms.DotnetRoot;
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        StartedAt = Stopwatch.GetTimestamp();
        _process = Process.Start(start)!;
        KeepLog();
    }

    public int HttpPort { get; }

    public int Id => _process.Id;

    /// <summary>A Stopwatch timestamp of just before the process was made.</summary>
    public long StartedAt { get; }

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

    /// <summary>Listed and ready.</summary>
    public async Task ReadyAsync(CancellationToken cancellation)
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

    internal static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
