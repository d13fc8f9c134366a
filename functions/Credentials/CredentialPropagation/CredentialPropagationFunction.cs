using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>What calls <see cref="CredentialPropagationHandler"/>: events, over HTTP or from its queue.</summary>
public sealed class CredentialPropagationFunction(IFunctionEntry entry) : IHttpFunction
{
    private const string Name = "CredentialPropagation";

    [Function(Name)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "events/credentialpropagation")] HttpRequest request,
        CancellationToken cancellation) => entry.EventsAsync(Name, request, cancellation);

    [Function(Name + "Queue")]
    public Task MessageAsync(
        [QueueTrigger("%AGENTWARDEN_QUEUE_NAME%-credentialpropagation", Connection = "AzureWebJobsStorage")] string message,
        CancellationToken cancellation) => entry.MessageAsync(Name, message, cancellation);
}
