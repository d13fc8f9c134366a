using AgentWarden.Platform.CloudEvents;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.Composition;

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

/// <summary>Which part a function belongs to: what runs it, and under whose account. Pure.</summary>
internal static class HostedPartOf
{
    /// <summary>Admission functions are called by the API server, all others by events and timers.</summary>
    public static HostedParts Function(IFunction function) =>
        function is IEventFunction or ITimerFunction or IMessageFunction or EventIntakeFunction ? HostedParts.Events : HostedParts.Admission;
}
