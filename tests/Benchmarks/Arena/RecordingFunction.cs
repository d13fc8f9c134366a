using AgentWarden.Credentials;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Stands in for one of our functions: notes that it was asked to look at a Secret of one namespace, and does nothing else.</summary>
/// <param name="name">The function's name: the bridge knows by it what to deliver.</param>
/// <param name="ns">Objects of other namespaces do not count.</param>
/// <param name="seen">Called with each Secret, on the thread of the delivery.</param>
internal sealed class RecordingFunction(string name, string ns, Action<string, ObjectReference> seen) : IEventHandler
{
    /// <summary>The functions that hear of every Secret.</summary>
    public static readonly IReadOnlyList<string> Names = ["SecretProvisioning", "SecretRotation", "ProviderReconciliation"];

    public string Name => name;

        public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<AccessRule> Access => [];

    public IReadOnlyList<Subscription> Subscriptions { get; } = [new(KubernetesKinds.Secret), new(KubernetesKinds.Namespace), new(CredentialKinds.LLMAccess), new(CredentialKinds.LLMProvider)];

    public static IReadOnlyList<RecordingFunction> All(string ns, Action<string, ObjectReference> seen) => [.. Names.Select(n => new RecordingFunction(n, ns, seen))];

    public Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        if (change.Object.Kind == KubernetesKinds.Secret && change.Object.Namespace == ns)
        {
            seen(name, change.Object);
        }

        return Task.FromResult(EventAnswer.Done);
    }
}
