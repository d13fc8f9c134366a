namespace AgentWarden.Platform.Hosting;

/// <summary>Whether traffic may come, and if not, why. Everything that must be warm first adds a check; draining fails them all at once.</summary>
internal sealed class Readiness
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _drain = new();
    private volatile Func<string?>[] _checks = [];
    private volatile bool _draining;

    /// <summary>True from SIGTERM on: answers ask their connections to close.</summary>
    public bool IsDraining => _draining;

    /// <summary>Fires at SIGTERM: ends what would otherwise go on for ever, such as a stream to a client.</summary>
    public CancellationToken Draining => _drain.Token;

    /// <param name="reason">Null when ready, else what is missing, for example "cache LLMAccess not synced". Must be cheap: it runs at every probe.</param>
    public void Add(Func<string?> reason)
    {
        lock (_lock)
        {
            _checks = [.. _checks, reason];
        }
    }

    public void Drain()
    {
        _draining = true;
        // Not on this thread: it is the signal's, and what ends with the token may take a moment.
        _ = _drain.CancelAsync();
    }

    /// <summary>What is missing; empty when ready.</summary>
    public IReadOnlyList<string> Reasons()
    {
        if (_draining)
        {
            return ["the process is shutting down"];
        }

        var reasons = new List<string>();
        foreach (var check in _checks)
        {
            if (check() is { } reason)
            {
                reasons.Add(reason);
            }
        }

        return reasons;
    }
}
