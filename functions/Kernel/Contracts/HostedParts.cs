namespace AgentWarden.Kernel.Contracts;

/// <summary>What a process does for the cluster. One executable, so that a small cluster runs one Deployment and a large one several.</summary>
[Flags]
internal enum HostedParts
{
    /// <summary>Answers the API server's admission reviews.</summary>
    Admission = 1,

    /// <summary>Takes events for the event functions over HTTP.</summary>
    Events = 2,

    /// <summary>Watches the cluster itself, feeds the event functions and fires timers, when it holds the Lease.</summary>
    Bridge = 4,

    All = Admission | Events | Bridge,
}
