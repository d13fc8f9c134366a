namespace AgentWarden.Platform.CloudEvents;

/// <summary>What a sender got wrong, in words for the sender. It never quotes a value.</summary>
internal sealed class CloudEventException : Exception, Kernel.Telemetry.IPublicMessage
{
    public CloudEventException()
    {
    }

    public CloudEventException(string message) : base(message)
    {
    }

    public CloudEventException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>True when the content type is the fault: 415 rather than 400.</summary>
    public bool IsMediaType { get; init; }
}
