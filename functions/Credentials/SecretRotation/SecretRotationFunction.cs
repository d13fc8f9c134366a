using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Credentials.SecretRotation;

/// <summary>What calls <see cref="SecretRotationHandler"/>: events, over HTTP or from its queue, and a timer.</summary>
public sealed class SecretRotationFunction(IFunctionEntry entry) : IHttpFunction, ITimerFunction
{
    private const string Name = "SecretRotation";

    [Function(Name)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "events/secretrotation")] HttpRequest request,
        CancellationToken cancellation) => entry.EventsAsync(Name, request, cancellation);

    [Function(Name + "Queue")]
    public Task MessageAsync(
        [QueueTrigger("%AGENTWARDEN_QUEUE_NAME%-secretrotation", Connection = "AzureWebJobsStorage")] string message,
        CancellationToken cancellation) => entry.MessageAsync(Name, message, cancellation);

    /// <summary>The sweep: a safety net for due times that were missed. Done twice it does no harm, so nobody has to remember the last.</summary>
    [Function(Name + "Timer")]
    public Task TickAsync([TimerTrigger("0 */5 * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellation) =>
        entry.TickAsync(Name, cancellation);
}
