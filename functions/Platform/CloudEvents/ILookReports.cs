using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Takes what functions answered, when whoever sent the event does not read answers: a queue, Event Grid, Knative. Whoever holds the queues carries the wishes out.</summary>
internal interface ILookReports
{
    /// <summary>Returns when every look has been taken over. Reporting a look twice does no harm.</summary>
    /// <exception cref="LookReportException">It could not be handed over: the events must come again.</exception>
    Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation);
}

/// <summary>One finished look.</summary>
/// <param name="Function">The function that looked.</param>
/// <param name="Object">What it looked at; for a timer, <see cref="TimerTick"/>.</param>
/// <param name="Answer">When it wants to look again, and what else is to be looked at.</param>
internal sealed record LookReport(string Function, ObjectReference Object, EventAnswer Answer);

/// <summary>What functions wish could not be handed to the event bridge.</summary>
internal sealed class LookReportException : Exception, Kernel.Telemetry.IPublicMessage
{
    public LookReportException()
    {
    }

    public LookReportException(string message) : base(message)
    {
    }

    public LookReportException(string message, Exception? inner) : base(message, inner)
    {
    }
}
