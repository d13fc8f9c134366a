using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>LLMAccess → Secret: created, kept current, repaired, revoked.</summary>
internal sealed class SecretProvisioningHandler(SecretProvisioningGatherer gatherer, ICredentialCaches caches, PlanApplier applier) : IEventHandler
{
    public string Name => "SecretProvisioning";

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<Subscription> Subscriptions { get; } =
    [
        // Its own status too: what somebody else writes there is put right.
        new(CredentialKinds.LLMAccess),
        new(CredentialKinds.LLMProvider) { SpecOnly = true },
        new(KubernetesKinds.Namespace),
        // Ours: look at its access. Any, ours and copies of ours too: it may be a master, or stand in another access's way.
        new(KubernetesKinds.Secret) { LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}", Owner = CredentialKinds.LLMAccess },
        new(KubernetesKinds.Secret),
    ];

    public IReadOnlyList<AccessRule> Access { get; } =
    [
        new(CredentialKinds.LLMAccess, null, "get", "list", "watch"),
        new(CredentialKinds.LLMAccess, "status", "patch"),
        new(CredentialKinds.LLMProvider, null, "get", "list", "watch"),
        new(KubernetesKinds.Namespace, null, "get", "list", "watch"),
        new(KubernetesKinds.Secret, null, "get", "list", "watch", "create", "patch", "delete"),
        new(KubernetesKinds.Event, null, "get", "create", "patch"),
    ];

    public async Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        if (change.Object.Kind != CredentialKinds.LLMAccess)
        {
            return new(new Outcome.Done(), CredentialFanOut.AccessesConcernedBy(change.Object, caches));
        }

        if (await gatherer.GatherAsync(change.Object, cancellation) is not { } facts)
        {
            return EventAnswer.Done;
        }

        var plan = SecretProvisioningDecision.Decide(facts);
        var applied = await applier.ApplyAsync(Name, plan, cancellation);
        gatherer.Wrote(facts.Access, plan, applied);
        return new(plan.Outcome, plan.FollowUps);
    }
}
