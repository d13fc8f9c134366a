using System.Text.Json;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>Validating admission of LLMProvider and LLMAccess: what cannot work or is not permitted is refused before it is stored.</summary>
internal sealed class ResourceValidationHandler(IObjectCache<LLMAccess> accesses, IObjectCache<MetadataOnly> namespaces, IKubernetesReader reader, Invocations? invocations = null) : IHttpHandler
{
    private readonly ResourceValidationGatherer _gatherer = new(accesses, namespaces, reader);

    public string Name => "ResourceValidation";

    public HostedParts Part => HostedParts.Admission;

    public IReadOnlyList<AccessRule> Access { get; } =
    [
        new(CredentialKinds.LLMProvider, Subresource: null, "get"),
        new(CredentialKinds.LLMAccess, Subresource: null, "list", "watch"),
        new(KubernetesKinds.Namespace, Subresource: null, "get", "list", "watch"),
    ];

    public async Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation)
    {
        if (!AdmissionEndpoint.TryOpen(call, out var review, out var refusal))
        {
            return refusal;
        }

        return AdmissionEndpoint.Close(review, await DecideAsync(review, cancellation), Name, invocations);
    }

    private async Task<AdmissionResult> DecideAsync(AdmissionReview review, CancellationToken cancellation)
    {
        try
        {
            return ResourceValidationScope.Outside(review) ?? ResourceValidationDecision.Decide(await _gatherer.GatherAsync(review, cancellation));
        }
        catch (KubernetesException unreachable)
        {
            return ResourceValidationReasons.Unreachable(unreachable.StatusCode);
        }
        catch (JsonException unreadable)
        {
            return ResourceValidationReasons.Unreadable(review.Kind, unreadable.Path);
        }
    }
}
