namespace AgentWarden.Kernel.Kubernetes;

/// <summary>What a reflector watches and how patient it is.</summary>
internal sealed record ReflectorOptions
{
    /// <summary>One namespace, or all when null.</summary>
    public string? Namespace { get; init; }

    public ListOptions List { get; init; } = ListOptions.All;

    /// <summary>A watch lasts between this and twice this, at random, so that many of them do not end together.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait after a lost connection.</summary>
    public TimeSpan LongestReconnectDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait when the server refuses the list: the CRD is not installed, or a permission is missing.</summary>
    public TimeSpan LongestRefusalDelay { get; init; } = TimeSpan.FromSeconds(30);
}
