using System.Diagnostics;
using System.Globalization;
using System.Text;
using AgentWarden.FunctionsHost.App;

namespace AgentWarden.FunctionsHost.Workers;

/// <summary>The worker as a child process, started with the arguments and variables that the real host gives it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int MaxMessageLength = int.MaxValue;

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private WorkerProcess(Process process, long startedAt) => (_process, StartedAt) = (process, startedAt);

    public int Id => _process.Id;

    /// <summary>When it was started, as <see cref="Stopwatch.GetTimestamp"/> counts.</summary>
    public long StartedAt { get; }

    /// <summary>Its exit code, when it has ended and all of its output was read.</summary>
    public Task<int> Ended { get; private set; } = null!;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <param name="app">Whose program.</param>
    /// <param name="functionsUri">Where the host serves gRPC.</param>
    /// <param name="workerId">What the worker will say in its first message.</param>
    public static WorkerProcess Start(FunctionApp app, Uri functionsUri, string workerId)
    {
        var request = $"{Guid.NewGuid()}";
        var length = MaxMessageLength.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(app.Worker.Executable,
        [
            .. app.Worker.Arguments,
            "--host", functionsUri.Host, "--port", functionsUri.Port.ToString(CultureInfo.InvariantCulture),
            "--workerId", workerId, "--requestId", request, "--grpcMaxMessageLength", length,
            "--functions-uri", functionsUri.AbsoluteUri, "--functions-worker-id", workerId,
            "--functions-request-id", request, "--functions-grpc-max-message-length", length,
        ])
        { WorkingDirectory = app.Folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in app.Settings.Values)
        {
            start.Environment[name] = value;
        }

        // The settings of a test run are not those of a function app.
        start.Environment.Remove("ASPNETCORE_URLS");
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = app.Folder;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        var startedAt = Stopwatch.GetTimestamp();
        var worker = new WorkerProcess(Process.Start(start)!, startedAt);
        worker._process.OutputDataReceived += worker.Keep;
        worker._process.ErrorDataReceived += worker.Keep;
        worker._process.BeginOutputReadLine();
        worker._process.BeginErrorReadLine();
        worker.Ended = worker.EndAsync();
        return worker;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    /// <summary>After its end.</summary>
    public void Dispose() => _process.Dispose();

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
