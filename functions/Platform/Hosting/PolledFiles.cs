using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// Files that belong together, taken anew when their content changes.
/// It compares content and does not watch: the kubelet swaps a <c>..data</c> symlink, of which file watchers hear nothing.
/// </summary>
internal sealed class PolledFiles : IDisposable
{
    public static readonly TimeSpan DefaultPoll = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<string> _paths;
    private readonly string _content;
    private readonly Action<IReadOnlyList<byte[]>> _take;
    private readonly Func<string> _effect;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private byte[] _seen = [];
    private volatile string? _problem;

    /// <param name="paths">All of them are needed.</param>
    /// <param name="content">What they should hold, for messages.</param>
    /// <param name="take">Takes their content, in the order of the paths. A CryptographicException or ArgumentException says that it is not what it should be.</param>
    /// <param name="effect">What it means that they cannot be taken, for the log.</param>
    /// <param name="logger">For the problem, once.</param>
    /// <param name="clock">For polling.</param>
    /// <param name="poll">How often to look.</param>
    public PolledFiles(IReadOnlyList<string> paths, string content, Action<IReadOnlyList<byte[]>> take, Func<string> effect, ILogger logger, TimeProvider? clock = null, TimeSpan? poll = null)
    {
        (_paths, _content, _take, _effect, _logger) = (paths, content, take, effect, logger);
        Look();
        _timer = (clock ?? TimeProvider.System).CreateTimer(static s => ((PolledFiles)s!).Look(), this, poll ?? DefaultPoll, poll ?? DefaultPoll);
    }

    /// <summary>Why the files as they are now were not taken, or null.</summary>
    public string? Problem => _problem;

    /// <summary>Reads the files again if they changed. Files that do not fit together (caught in the middle of a swap) wait for the next look.</summary>
    public void Look()
    {
        if (!_lock.TryEnter())
        {
            return;
        }

        try
        {
            byte[][] contents = [.. _paths.Select(File.ReadAllBytes)];
            var digest = SHA256.HashData([.. contents.SelectMany(SHA256.HashData)]);
            if (!digest.AsSpan().SequenceEqual(_seen))
            {
                _take(contents);
                _seen = digest;
            }

            _problem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            Report(e);
        }
        finally
        {
            _lock.Exit();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Report(Exception e)
    {
        var names = string.Join(" and ", _paths);
        var problem = e is IOException or UnauthorizedAccessException ? $"{_content}: {names} cannot be read" : $"{_content}: not found in {names}";
        if (_problem != problem)
        {
            _problem = problem;
            _logger.LogWarning("{Problem}; {Effect}.", problem, _effect());
        }
    }
}
