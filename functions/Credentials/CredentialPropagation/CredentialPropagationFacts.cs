using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>All that the decision who must be told of a changed credential may know.</summary>
internal sealed record CredentialPropagationFacts
{
    public required ObjectReference Secret { get; init; }

    /// <summary>Counts the changes of the Secret's data.</summary>
    public required long Revision { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The pods of the namespace that use the Secret.</summary>
    public IReadOnlyList<ConsumingPod> Pods { get; init; } = [];
}

/// <summary>A pod that uses the Secret, and how.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Created">When the pod was created: one that is younger than the change has the new value.</param>
/// <param name="Revision">What the pod's annotation says it was brought to, if anything.</param>
/// <param name="Mounts">It mounts the Secret: the kubelet can update it in place.</param>
/// <param name="InVariables">It has the Secret in variables: only a restart updates it.</param>
/// <param name="RestartOnRotation">Its author asked for that restart.</param>
/// <param name="Workload">The Deployment, StatefulSet or DaemonSet that made it; null for any other pod.</param>
internal sealed record ConsumingPod(ObjectReference Pod, DateTimeOffset Created, string? Revision, bool Mounts, bool InVariables, bool RestartOnRotation, ObjectReference? Workload);
