using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Credentials.ProviderReconciliation;

/// <summary>What calls <see cref="ProviderReconciliationHandler"/>: events, over HTTP or from its queue.</summary>
public sealed class ProviderReconciliationFunction(IFunctionEntry entry) : IHttpFunction
{
    private const string Name = "ProviderReconciliation";

    [Function(Name)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "events/providerreconciliation")] HttpRequest request,
        CancellationToken cancellation) => entry.EventsAsync(Name, request, cancellation);

    [Function(Name + "Queue")]
    public Task MessageAsync(
        [QueueTrigger("%AGENTWARDEN_QUEUE_NAME%-providerreconciliation", Connection = "AzureWebJobsStorage")] string message,
        CancellationToken cancellation) => entry.MessageAsync(Name, message, cancellation);
}
