using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>What became of a batch of events.</summary>
internal sealed class DispatchResult
{
    private readonly Lock _lock = new();
    private readonly List<(string Id, string Reason)> _ignored = [];
    private readonly List<LookReport> _answers = [];
    private readonly List<(string Function, ObjectReference Object, Exception Error)> _failures = [];

    /// <summary>Events that at least one function took.</summary>
    public int Accepted { get; private set; }

    /// <summary>Events that are well-formed but that no function looks at.</summary>
    public IReadOnlyList<(string Id, string Reason)> Ignored => _ignored;

    public IReadOnlyList<LookReport> Answers => _answers;

    public IReadOnlyList<(string Function, ObjectReference Object, Exception Error)> Failures => _failures;

    /// <summary>True when every failure may pass by itself.</summary>
    public bool IsTransient => _failures.TrueForAll(f => f.Error is KubernetesException { IsTransient: true } or KubernetesException { IsConflict: true });

    /// <summary>How long the API server asked to wait, at most a minute.</summary>
    public TimeSpan RetryAfter
    {
        get
        {
            var asked = _failures.Max(f => (f.Error as KubernetesException)?.RetryAfter) ?? TimeSpan.FromSeconds(1);
            return asked > TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : asked;
        }
    }

    public void Count(string id, bool taken, string reason)
    {
        if (taken)
        {
            Accepted++;
        }
        else
        {
            _ignored.Add((id, reason));
        }
    }

    public void Answered(LookReport look)
    {
        lock (_lock)
        {
            _answers.Add(look);
        }
    }

    public void Failed(string function, ObjectReference target, Exception error)
    {
        lock (_lock)
        {
            _failures.Add((function, target, error));
        }
    }
}
