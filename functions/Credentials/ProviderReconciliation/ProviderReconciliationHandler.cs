using System.Collections.Concurrent;
using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.ProviderReconciliation;

/// <summary>LLMProvider → its status. The one writer of it.</summary>
internal sealed class ProviderReconciliationHandler(CredentialReader reader, ICredentialCaches caches, PlanApplier applier, TimeProvider clock) : IEventHandler
{
    private readonly ConcurrentDictionary<string, string> _masters = new(StringComparer.Ordinal);

    public string Name => "ProviderReconciliation";

    public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<Subscription> Subscriptions { get; } =
    [
        // The count sums up many accesses: a thousand at once are a few writes, not a thousand.
        new(CredentialKinds.LLMProvider) { AtMostEvery = TimeSpan.FromSeconds(1) },
        new(CredentialKinds.LLMAccess) { SpecOnly = true },
        new(KubernetesKinds.Secret),
    ];

    public IReadOnlyList<AccessRule> Access { get; } =
    [
        new(CredentialKinds.LLMProvider, null, "get", "list", "watch"),
        new(CredentialKinds.LLMProvider, "status", "patch"),
        new(CredentialKinds.LLMAccess, null, "get", "list", "watch"),
        new(KubernetesKinds.Secret, null, "get", "list", "watch"),
        new(KubernetesKinds.Event, null, "get", "create", "patch"),
    ];

    public async Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        if (change.Object.Kind != CredentialKinds.LLMProvider)
        {
            return new(new Outcome.Done(), ProvidersConcernedBy(change.Object));
        }

        if (await reader.ProviderAsync(change.Object, cancellation) is not { } provider)
        {
            _masters.TryRemove(change.Object.Name, out _);
            return EventAnswer.Done;
        }

        var master = await reader.MasterKeyAsync(provider, cancellation);
        var plan = ProviderReconciliationDecision.Decide(new()
        {
            Provider = provider,
            Master = master,
            MasterChanged = IsNewsAbout(provider, master),
            AccessCount = caches.AccessesOf(provider.Metadata.Name).Count,
            Now = clock.GetUtcNow(),
        });
        await applier.ApplyAsync(Name, plan, cancellation);
        // Only now: had the write failed, the change would still be news.
        _masters[provider.Metadata.Name] = DigestOf(master);
        return new(plan.Outcome, plan.FollowUps);
    }

    private IReadOnlyList<ObjectReference> ProvidersConcernedBy(ObjectReference changed)
    {
        // A deleted access no longer says which provider it named; a count that is off says it just as well.
        var concerned = changed.Kind == KubernetesKinds.Secret
            ? caches.ProvidersWithMaster(changed.Key)
            : caches.Providers.All().Where(p => p.Status?.AccessCount != caches.AccessesOf(p.Metadata.Name).Count);
        return [.. concerned.Select(p => new ObjectReference(CredentialKinds.LLMProvider, null, p.Metadata.Name))];
    }

    /// <summary>The master key is another than at the last look. The first look after a start knows no other.</summary>
    private bool IsNewsAbout(LLMProvider provider, MasterKey master) =>
        _masters.TryGetValue(provider.Metadata.Name, out var seen) && seen != DigestOf(master);

    private static string DigestOf(MasterKey master) => master.Value?.Digest ?? "";
}
