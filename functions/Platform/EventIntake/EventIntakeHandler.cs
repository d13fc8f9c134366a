using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventIntake;

/// <summary>
/// Takes CloudEvents over HTTP, from our bridge, from Knative's ApiServerSource, from Azure Event Grid or from any other sender, to the functions.
/// <c>POST /events/NAME</c> asks one function, <c>POST /events</c> the one that the event names, or every function that subscribes to the object's kind.
/// </summary>
/// <param name="dispatcher">Knows the functions.</param>
/// <param name="reports">Where wishes go when the sender does not carry them out.</param>
/// <param name="handshake">Answers senders that ask before they send.</param>
/// <param name="logger">For what the sender may not tell anybody.</param>
/// <param name="callers">Says who may send. Null lets everybody in: only for a loopback listener.</param>
internal sealed partial class EventIntakeHandler(
    EventDispatcher dispatcher, ILookReports reports, WebhookHandshake handshake, ILogger logger, ICallerCheck? callers)
    : IHandler, IEventEntry
{
    public const string FunctionName = "EventIntake";

    private readonly MessageIntake _messages = new(dispatcher, reports, logger);

    public string Name => FunctionName;

    public HostedParts Part => HostedParts.Events;

    /// <summary>Only whose token a sender shows: the functions that it calls say what they need.</summary>
    public IReadOnlyList<AccessRule> Access { get; } = [new(KubernetesKinds.TokenReview, Subresource: null, "create")];

    public Task TakeAsync(string function, string message, CancellationToken cancellation) =>
        _messages.TakeAsync(CloudEventText.Parse(message), function, "queue", cancellation);

    public async Task<HttpAnswer> TakeAsync(string? function, HttpCall call, CancellationToken cancellation)
    {
        if (call.Method == "OPTIONS")
        {
            return handshake.Answer(call);
        }

        if (callers is not null && await callers.CheckAsync(call, cancellation) is { } refusal)
        {
            return EventIntakeAnswer.Problem(refusal.Status, refusal.Message) with { RetryAfterSeconds = refusal.Status == 503 ? 1 : null };
        }

        if (function is not null && !dispatcher.Knows(function))
        {
            return EventIntakeAnswer.Problem(404, $"There is no function of that name that takes events. Known: {string.Join(", ", dispatcher.Names)}.");
        }

        try
        {
            var events = CloudEventHttp.Parse(call.Headers, call.Body);
            var result = await dispatcher.DispatchAsync(events, function, "http", cancellation);
            return await AnswerAsync(call, result, cancellation);
        }
        catch (NotReadyException e)
        {
            return EventIntakeAnswer.Problem(503, e.Message) with { RetryAfterSeconds = 1 };
        }
        catch (KubernetesException e) when (e.IsTransient)
        {
            return EventIntakeAnswer.Problem(503, EventIntakeAnswer.Busy) with { RetryAfterSeconds = 1 };
        }
        catch (CloudEventException e)
        {
            return EventIntakeAnswer.Problem(e.IsMediaType ? 415 : 400, e.Message);
        }
    }

    private async Task<HttpAnswer> AnswerAsync(HttpCall call, DispatchResult result, CancellationToken cancellation)
    {
        if (string.Equals(call.Header(LookReportJson.WishesHeader), LookReportJson.WishesInAnswer, StringComparison.OrdinalIgnoreCase))
        {
            return EventIntakeAnswer.Of(result, reported: false);
        }

        try
        {
            if (result.Answers.Count > 0)
            {
                await reports.ReportAsync(result.Answers, cancellation);
            }

            return EventIntakeAnswer.Of(result, reported: true);
        }
        catch (LookReportException e)
        {
            LogNotReported(e, result.Answers.Count);
            return EventIntakeAnswer.Problem(503, $"{e.Message} Send the events again.") with { RetryAfterSeconds = 1 };
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The wishes of {Count} looks were not handed over; the sender is asked to send the events again")]
    private partial void LogNotReported(Exception cause, int count);
}
