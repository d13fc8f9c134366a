using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Platform.Hosting;

/// <summary>The process cannot start or go on, and the message tells a person what to change. It ends the process with a non-zero code.</summary>
internal sealed class HostingException : Exception, IPublicMessage
{
    public HostingException()
    {
    }

    public HostingException(string message) : base(message)
    {
    }

    public HostingException(string message, Exception inner) : base(message, inner)
    {
    }
}
