using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Contracts;

/// <summary>Sees to it that what functions read is not older than what they are called for.</summary>
internal interface IFreshness
{
    /// <summary>Returns when the copies that functions read from hold what the event names, or are late and will say so.</summary>
    /// <exception cref="NotReadyException">There are no copies yet: the event must come again.</exception>
    Task EnsureAsync(ObjectReference about, CancellationToken cancellation);
}

/// <summary>The process has just started, and cannot look at anything yet.</summary>
internal sealed class NotReadyException : Exception, Telemetry.IPublicMessage
{
    public NotReadyException()
    {
    }

    public NotReadyException(string message) : base(message)
    {
    }

    public NotReadyException(string message, Exception? inner) : base(message, inner)
    {
    }
}
