using CloudNative.CloudEvents;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>
/// Takes the events of one message to the functions, and what they wish to the bridge. The message is done only when every look has succeeded and been reported;
/// otherwise it comes again, and looking again does no harm.
/// </summary>
internal sealed partial class MessageIntake(EventDispatcher dispatcher, ILookReports reports, ILogger logger)
{
    /// <param name="events">Of one message.</param>
    /// <param name="function">Whose queue it came from; null for a queue of all.</param>
    /// <param name="trigger">For the metrics: queue.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="MessageFailedException">A look failed.</exception>
    /// <exception cref="LookReportException">A look could not be reported.</exception>
    public async Task TakeAsync(IReadOnlyList<CloudEvent> events, string? function, string trigger, CancellationToken cancellation)
    {
        var result = await dispatcher.DispatchAsync(events, only: function, trigger, cancellation);
        foreach (var (id, reason) in result.Ignored)
        {
            LogIgnored(trigger, id, reason);
        }

        if (result.Answers.Count > 0)
        {
            await reports.ReportAsync(result.Answers, cancellation);
        }

        if (result.Failures is [var first, ..])
        {
            throw new MessageFailedException($"{result.Failures.Count} looks failed, the first of {first.Function} at {first.Object}; {result.Answers.Count} succeeded. The message comes again.");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {Id} of the {Trigger} trigger is left out: {Reason}")]
    private partial void LogIgnored(string trigger, string id, string reason);
}

/// <summary>Not every event of a message could be carried out. Why is in the log of each look.</summary>
internal sealed class MessageFailedException : Exception, Kernel.Telemetry.IPublicMessage
{
    public MessageFailedException()
    {
    }

    public MessageFailedException(string message) : base(message)
    {
    }

    public MessageFailedException(string message, Exception inner) : base(message, inner)
    {
    }
}
