using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>What calls <see cref="SecretProvisioningHandler"/>: events, over HTTP or from its queue.</summary>
public sealed class SecretProvisioningFunction(IFunctionEntry entry) : IHttpFunction
{
    private const string Name = "SecretProvisioning";

    [Function(Name)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "events/secretprovisioning")] HttpRequest request,
        CancellationToken cancellation) => entry.EventsAsync(Name, request, cancellation);

    [Function(Name + "Queue")]
    public Task MessageAsync(
        [QueueTrigger("%AGENTWARDEN_QUEUE_NAME%-secretprovisioning", Connection = "AzureWebJobsStorage")] string message,
        CancellationToken cancellation) => entry.MessageAsync(Name, message, cancellation);
}
