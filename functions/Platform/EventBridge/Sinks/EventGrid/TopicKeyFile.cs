using AgentWarden.Platform.Hosting;
using Azure;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.EventGrid;

/// <summary>A topic's key from a mounted file, taken anew when somebody rotates it. It compares content, because the kubelet swaps a symlink.</summary>
internal sealed partial class TopicKeyFile
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private long _lastRead;

    /// <exception cref="HostingException">The file cannot be read or is empty.</exception>
    public TopicKeyFile(string path, TimeProvider clock, ILogger log)
    {
        (_path, _clock, _log, _lastRead) = (path, clock, log, clock.GetTimestamp());
        try
        {
            Credential = new AzureKeyCredential(Read() ?? throw new HostingException($"The file that {EventGridSettings.KeyFileSetting} names is empty. Write an access key of the topic into it."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostingException($"The file that {EventGridSettings.KeyFileSetting} names cannot be read. Check its path and that this user may read it.", e);
        }
    }

    public AzureKeyCredential Credential { get; }

    /// <summary>Before each request: looks at the file at most every few seconds, or at once after the key was refused.</summary>
    public void Refresh(bool refused = false)
    {
        if (!refused && _clock.GetElapsedTime(_lastRead) < ReadAgainAfter)
        {
            return;
        }

        _lastRead = _clock.GetTimestamp();
        try
        {
            if (Read() is { } key && key != Credential.Key)
            {
                Credential.Update(key);
                LogTaken(_path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In the middle of a swap, or gone: the key that is known may still be good, and Event Grid says so when it is not.
            LogUnreadable(_path, e.GetType().Name);
        }
    }

    private string? Read() => File.ReadAllText(_path).Trim() is { Length: > 0 } key ? key : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "The key in {Path} changed and is in use")]
    private partial void LogTaken(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The key file {Path} cannot be read ({Reason}); the key before stays in use")]
    private partial void LogUnreadable(string path, string reason);
}
