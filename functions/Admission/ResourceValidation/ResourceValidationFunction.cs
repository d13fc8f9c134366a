using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>
/// What calls <see cref="ResourceValidationHandler"/>: the API server's admission reviews.
/// Anonymous, because an API server cannot send a key; who may call is a matter of the network policy.
/// </summary>
public sealed class ResourceValidationFunction(IFunctionEntry entry) : IHttpFunction
{
    private const string Name = "ResourceValidation";

    [Function(Name)]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "admission/validate")] HttpRequest request,
        CancellationToken cancellation) => entry.HttpAsync(Name, request, cancellation);
}
