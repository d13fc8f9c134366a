using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Platform.EventIntake;

/// <summary>
/// Events that are not addressed by their path: from Knative, Event Grid's webhook, or any sender.
/// Its route has no parameter: a Functions host matches routes in the order of function names, and would give it every other function's events.
/// </summary>
public sealed class EventIntakeFunction(IFunctionEntry entry) : IHttpFunction
{
    [Function(EventIntakeHandler.FunctionName)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", "options", Route = "events")] HttpRequest request,
        CancellationToken cancellation) => entry.EventsAsync(function: null, request, cancellation);
}
