using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Contracts;

/// <summary>Which changes a function wants to hear of; declared beside the function, carried out by the event bridge.</summary>
internal sealed record Subscription(ResourceKind Kind)
{
    public string? LabelSelector { get; init; }

    /// <summary>Set when not the changed object is meant but the owner of this kind that its ownerReferences name.</summary>
    public ResourceKind? Owner { get; init; }

    /// <summary>
    /// Of an object that is there, only changes of its spec: another <c>metadata.generation</c>, or the beginning of its deletion. Not its status, labels and annotations.
    /// For whoever does not write the kind's status, where status is a subresource; a kind that has no generation is told of all changes.
    /// </summary>
    public bool SpecOnly { get; init; }

    /// <summary>At most one look per object in this time: for objects that sum up many others. Zero for at once, every time.</summary>
    public TimeSpan AtMostEvery { get; init; }
}
