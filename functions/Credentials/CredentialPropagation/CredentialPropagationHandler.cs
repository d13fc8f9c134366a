using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>A credential's Secret changed → the pods that mount it see it in about a second, and workloads that asked for it restart.</summary>
internal sealed class CredentialPropagationHandler(CredentialPropagationGatherer gatherer, PlanApplier applier) : IEventHandler
{
    public string Name => "CredentialPropagation";

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<Subscription> Subscriptions { get; } =
    [
        new(KubernetesKinds.Secret) { LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}" },
    ];

    public IReadOnlyList<AccessRule> Access { get; } =
    [
        new(KubernetesKinds.Secret, null, "get", "list", "watch"),
        new(KubernetesKinds.Pod, null, "get", "list", "patch"),
        new(KubernetesKinds.ReplicaSet, null, "get"),
        new(KubernetesKinds.Deployment, null, "patch"),
        new(KubernetesKinds.StatefulSet, null, "patch"),
        new(KubernetesKinds.DaemonSet, null, "patch"),
        new(KubernetesKinds.Event, null, "get", "create", "patch"),
    ];

    public async Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        if (change.Change == ObjectChange.Delete || await gatherer.GatherAsync(change.Object, cancellation) is not { } facts)
        {
            return EventAnswer.Done;
        }

        var plan = CredentialPropagationDecision.Decide(facts);
        await applier.ApplyAsync(Name, plan, cancellation);
        return new(plan.Outcome, plan.FollowUps);
    }
}
