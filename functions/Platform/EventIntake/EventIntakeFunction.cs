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
internal sealed partial class EventIntakeFunction(EventDispatcher dispatcher, ILookReports reports, WebhookHandshake handshake, ILogger logger, ICallerCheck? callers) : IHttpFunction
{
    public const string FunctionName = "EventIntake";

    private const string Route = "events";

    public string Name => FunctionName;

    /// <summary>Only whose token a sender shows: the functions that it calls say what they need.</summary>
    public IReadOnlyList<AccessRule> Access { get; } = [new(KubernetesKinds.TokenReview, Subresource: null, "create")];

    public async Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation)
    {
        if (call.Method == "OPTIONS")
        {
            return handshake.Answer(call);
        }

        if (callers is not null && await callers.CheckAsync(call, cancellation) is { } refusal)
        {
            return EventIntakeAnswer.Problem(refusal.Status, refusal.Message) with { RetryAfterSeconds = refusal.Status == 503 ? 1 : null };
        }

        var asked = Asked(call.Path);
        if (asked is not null && !dispatcher.Knows(asked))
        {
            return EventIntakeAnswer.Problem(404, $"There is no function of that name that takes events. Known: {string.Join(", ", dispatcher.Names)}.");
        }

        try
        {
            var events = CloudEventHttp.Parse(call.Headers, call.Body);
            var result = await dispatcher.DispatchAsync(events, asked, "http", cancellation);
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

    /// <summary>The segment after <c>events</c>; null when there is none.</summary>
    private static string? Asked(string path)
    {
        var last = path.TrimEnd('/');
        last = last[(last.LastIndexOf('/') + 1)..];
        return last.Equals(Route, StringComparison.OrdinalIgnoreCase) ? null : last;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The wishes of {Count} looks were not handed over; the sender is asked to send the events again")]
    private partial void LogNotReported(Exception cause, int count);
}
