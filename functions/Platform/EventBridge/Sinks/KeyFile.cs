using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>A key from a mounted file, taken anew when somebody rotates it. It compares content, because the kubelet swaps a symlink.</summary>
internal sealed partial class KeyFile
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private long _lastRead;

    /// <param name="path">The file.</param>
    /// <param name="setting">The setting that names it, for whoever has to mend it.</param>
    /// <param name="holds">What it should hold, with an article.</param>
    /// <param name="clock">For the pauses between two looks.</param>
    /// <param name="log">Gets the path, never the key.</param>
    /// <exception cref="HostingException">The file cannot be read, or holds no key.</exception>
    public KeyFile(string path, string setting, string holds, TimeProvider clock, ILogger log)
    {
        (_path, _clock, _log, _lastRead) = (path, clock, log, clock.GetTimestamp());
        try
        {
            Key = Read() ?? throw new HostingException($"The file that {setting} names is empty, or more than a line of plain characters. Write {holds} into it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostingException($"The file that {setting} names cannot be read. Check its path and that this user may read it.", e);
        }
    }

    public string Key { get; private set; }

    /// <summary>Before each request: looks at the file at most every few seconds, or at once after the key was refused. True when there is another key.</summary>
    public bool Refresh(bool refused = false)
    {
        if (!refused && _clock.GetElapsedTime(Volatile.Read(ref _lastRead)) < ReadAgainAfter)
        {
            return false;
        }

        Volatile.Write(ref _lastRead, _clock.GetTimestamp());
        try
        {
            if (Read() is { } key && !string.Equals(key, Key, StringComparison.Ordinal))
            {
                Key = key;
                LogTaken(_path);
                return true;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In the middle of a swap, or gone: the key that is known may still be good, and whoever it is sent to says so when it is not.
            LogUnreadable(_path, e.GetType().Name);
        }

        return false;
    }

    /// <summary>What cannot stand in a header is no key.</summary>
    private string? Read() => File.ReadAllText(_path).Trim() is { Length: > 0 } key && key.All(c => c is >= ' ' and < '\u007f') ? key : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "The key in {Path} changed and is in use")]
    private partial void LogTaken(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The key file {Path} cannot be read ({Reason}); the key before stays in use")]
    private partial void LogUnreadable(string path, string reason);
}
