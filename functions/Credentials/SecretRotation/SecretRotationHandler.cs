using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Credentials.SecretRotation;

/// <summary>Rotates credentials to the second by due events; a timer sweeps up what those missed.</summary>
internal sealed partial class SecretRotationHandler(SecretRotationGatherer gatherer, ICredentialCaches caches, PlanApplier applier, ILogger log) : IEventHandler, ITimerHandler
{
    public string Name => "SecretRotation";

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<Subscription> Subscriptions { get; } =
    [
        // What counts stands in the spec and on the Secret.
        new(CredentialKinds.LLMAccess) { SpecOnly = true },
        new(CredentialKinds.LLMProvider) { SpecOnly = true },
        new(KubernetesKinds.Secret) { LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}", Owner = CredentialKinds.LLMAccess },
        new(KubernetesKinds.Secret),
    ];

    public IReadOnlyList<AccessRule> Access { get; } =
    [
        new(CredentialKinds.LLMAccess, null, "get", "list", "watch"),
        new(CredentialKinds.LLMProvider, null, "get", "list", "watch"),
        new(KubernetesKinds.Secret, null, "get", "list", "watch", "patch"),
    ];

    public async Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        if (change.Object.Kind != CredentialKinds.LLMAccess)
        {
            return new(new Outcome.Done(), CredentialFanOut.AccessesConcernedBy(change.Object, caches));
        }

        return new(await RotateAsync(change.Object, cancellation), []);
    }

    /// <summary>The safety net: looks at every access. What is not due costs no API call.</summary>
    public async Task TickAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var access in gatherer.AllAccesses())
        {
            try
            {
                await RotateAsync(access, cancellation);
            }
            catch (KubernetesException failure)
            {
                // One access that cannot be rotated now must not keep the rest from it; the next sweep tries again.
                LogSweepFailed(access.Namespace, access.Name, (int)failure.StatusCode, failure.Reason);
            }
        }
    }

    private async Task<Outcome> RotateAsync(ObjectReference access, CancellationToken cancellation)
    {
        if (await gatherer.GatherAsync(access, cancellation) is not { } facts)
        {
            return new Outcome.Done();
        }

        var plan = SecretRotationDecision.Decide(facts);
        await applier.ApplyAsync(Name, plan, cancellation);
        return plan.Outcome;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sweep: LLMAccess {Namespace}/{Name} was not rotated ({Status} {Reason}); the next sweep tries again")]
    private partial void LogSweepFailed(string? @namespace, string name, int status, string? reason);
}
