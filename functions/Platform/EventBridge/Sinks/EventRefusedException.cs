namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>A broker will not have this one event, though it takes others: too large, or not what it expects.</summary>
internal sealed class EventRefusedException : Exception, Kernel.Telemetry.IPublicMessage
{
    public EventRefusedException()
    {
    }

    public EventRefusedException(string message) : base(message)
    {
    }

    public EventRefusedException(string message, Exception? inner) : base(message, inner)
    {
    }
}
