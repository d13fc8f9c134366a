namespace AgentWarden.Kernel.Kubernetes;

/// <summary>One leader of many replicas: which Lease, who we are, and how long leadership is believed.</summary>
internal sealed record LeaseOptions
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>Unique per process: the pod's name is not enough when a container restarts in it.</summary>
    public string Identity { get; init; } = $"{Environment.MachineName}_{Guid.NewGuid():N}";

    /// <summary>Others take over when the leader was silent for so long.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The leader stops when it could not renew for so long; shorter than the lease, so that it stops before another starts.
    /// </summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between renewals, and between attempts to take over.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    public string FieldManager { get; init; } = "agent-warden-leader";
}
