using System.Text.Json;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>Mutating admission of pods: the variables and volumes of the LLMAccesses that select the pod. No side effects, so a dry run is like any other run.</summary>
internal sealed class CredentialInjectionHandler(IObjectCache<LLMAccess> accesses, IKubernetesReader reader, Invocations? invocations = null) : IHttpHandler
{
    public string Name => "CredentialInjection";

    public HostedParts Part => HostedParts.Admission;

    public IReadOnlyList<AccessRule> Access { get; } = [new(CredentialKinds.LLMAccess, Subresource: null, "list", "watch")];

    public async Task<HttpAnswer> HandleAsync(HttpCall call, CancellationToken cancellation)
    {
        if (!AdmissionEndpoint.TryOpen(call, out var review, out var refusal))
        {
            return refusal;
        }

        return AdmissionEndpoint.Close(review, CredentialInjectionScope.Outside(review) ?? await DecideAsync(review, cancellation), Name, invocations);
    }

    private async ValueTask<AdmissionResult> DecideAsync(AdmissionReview review, CancellationToken cancellation)
    {
        try
        {
            return CredentialInjectionDecision.Decide(new(review.Object, await GatherAsync(review.Namespace!, cancellation)));
        }
        catch (KubernetesException unreachable)
        {
            // A pod that is let through without its credentials fails later and far from the cause, so this is no "allowed".
            return CredentialInjectionReasons.Unreachable(review.Namespace!, unreachable.StatusCode);
        }
        catch (JsonException)
        {
            return CredentialInjectionReasons.NotAPod();
        }
    }

    /// <summary>From the watch; a list of the namespace only in the moments before the first whole list has arrived.</summary>
    private async ValueTask<IReadOnlyCollection<LLMAccess>> GatherAsync(string ns, CancellationToken cancellation)
    {
        if (accesses.IsSynced)
        {
            return accesses.InNamespace(ns);
        }

        var live = new List<LLMAccess>();
        await foreach (var access in reader.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, cancellation))
        {
            live.Add(access);
        }

        return live;
    }
}
