using System.Diagnostics;

namespace AgentWarden.ControlPlane;

/// <summary>One server of the control plane, in its own process group, which ends when we do (see supervise.sh).</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _supervisor;

    private ServerProcess(string name, string logPath, Process supervisor)
    {
        Name = name;
        LogPath = logPath;
        _supervisor = supervisor;
    }

    internal string Name { get; }

    internal string LogPath { get; }

    internal bool HasExited => _supervisor.HasExited;

    /// <summary>The supervisor's id, which is the id of the process group.</summary>
    internal int Id => _supervisor.Id;

    /// <param name="dataDirectory">Holds supervise.sh, and gets the log.</param>
    /// <param name="deleteDirectoryWithOwner">Whether a killed owner's directory is deleted.</param>
    /// <param name="program">The server.</param>
    /// <param name="arguments">Its flags.</param>
    /// <param name="path">A directory in which it looks for programs first.</param>
    internal static ServerProcess Start(
        string dataDirectory, bool deleteDirectoryWithOwner, string program, IReadOnlyList<string> arguments, string? path = null)
    {
        var name = Path.GetFileName(program);
        var logPath = Path.Combine(dataDirectory, $"{name}.log");
        var cleanup = deleteDirectoryWithOwner ? dataDirectory : "";
        var start = new ProcessStartInfo(
            "setsid", ["sh", Path.Combine(dataDirectory, "supervise.sh"), logPath, cleanup, program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            WorkingDirectory = dataDirectory,
        };
        if (path is not null)
        {
            start.Environment["PATH"] = $"{path}:{start.Environment["PATH"]}";
        }

        return new ServerProcess(name, logPath, Process.Start(start)!);
    }

    internal void Kill()
    {
        if (!HasExited)
        {
            Signals.SendToGroup(Id, Signals.Kill);
            _supervisor.WaitForExit();
        }
    }

    /// <summary>Asks it to end, and makes it after the time-out.</summary>
    internal async Task StopAsync(TimeSpan timeout)
    {
        if (HasExited)
        {
            return;
        }

        Signals.SendToGroup(Id, Signals.Terminate);
        using var patience = new CancellationTokenSource(timeout);
        try
        {
            await _supervisor.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }
    }

    internal bool LogMentions(string text) => LastLines(60).Any(line => line.Contains(text, StringComparison.OrdinalIgnoreCase));

    internal ControlPlaneException Failure(string what) => new(
        $"{Name} {what}. Its last log lines:\n{string.Join('\n', LastLines(15).Select(line => $"    {line}"))}\n  full log: {LogPath}");

    public void Dispose()
    {
        Kill();
        _supervisor.Dispose();
    }

    private string[] LastLines(int count)
    {
        if (!File.Exists(LogPath))
        {
            return [];
        }

        using var stream = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(-Math.Min(stream.Length, 64 * 1024), SeekOrigin.End);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(count).ToArray();
    }
}
