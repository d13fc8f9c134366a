using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.EventIntake;

/// <summary>
/// Takes CloudEvents over HTTP, from our bridge, from Knative's ApiServerSource or from any other sender, to the event functions.
/// <c>POST /events/NAME</c> asks one function, <c>POST /events</c> every function that subscribes to the object's kind.
/// </summary>
/// <param name="dispatcher">Knows the event functions.</param>
/// <param name="callers">Says who may send. Null lets everybody in: only for a loopback listener.</param>
internal sealed class EventIntakeFunction(EventDispatcher dispatcher, ICallerCheck? callers) : IHttpFunction
{
    public const string FunctionName = "EventIntake";

    private const string Route = "events";

    public string Name => FunctionName;

    /// <summary>Nothing of its own: the functions that it calls say what they need.</summary>
    public IReadOnlyList<AccessRule> Access => [];

    public async Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation)
    {
        if (callers is not null && await callers.CheckAsync(call, cancellation) is { } refusal)
        {
            return EventIntakeAnswer.Problem(refusal.Status, refusal.Message);
        }

        var asked = Asked(call.Path);
        var only = asked is null ? null : dispatcher.Find(asked);
        if (asked is not null && only is null)
        {
            return EventIntakeAnswer.Problem(404, $"There is no event function of that name. Known: {string.Join(", ", dispatcher.Functions.Select(f => f.Name))}.");
        }

        try
        {
            var events = CloudEventCodec.Parse(call.Headers, call.Body);
            return EventIntakeAnswer.Of(await dispatcher.DispatchAsync(events, only, "http", cancellation));
        }
        catch (CloudEventException e)
        {
            return EventIntakeAnswer.Problem(e.IsMediaType ? 415 : 400, e.Message);
        }
    }

    /// <summary>The segment after <c>events</c>; null when there is none.</summary>
    private static string? Asked(string path)
    {
        var last = path.TrimEnd('/');
        last = last[(last.LastIndexOf('/') + 1)..];
        return last.Equals(Route, StringComparison.OrdinalIgnoreCase) ? null : last;
    }
}
