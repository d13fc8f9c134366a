using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>
/// What calls <see cref="CredentialInjectionHandler"/>: the API server's admission reviews.
/// Anonymous, because an API server cannot send a key; who may call is a matter of the network policy.
/// </summary>
public sealed class CredentialInjectionFunction(IFunctionEntry entry) : IHttpFunction
{
    private const string Name = "CredentialInjection";

    [Function(Name)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "admission/pods/credentials")] HttpRequest request,
        CancellationToken cancellation) => entry.HttpAsync(Name, request, cancellation);
}
