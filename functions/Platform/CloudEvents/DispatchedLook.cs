using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>One look of a function at an object that one or more events of a batch name, in whichever order they came.</summary>
internal sealed class DispatchedLook(IHandler function, ObjectEvent change)
{
    private readonly HashSet<ObjectReference> _named = [change.Object];

    public IHandler Function => function;

    /// <summary>What the function is told: the newest version.</summary>
    public ObjectEvent Change { get; private set; } = change;

    /// <summary>The object in each version that was named. Each was looked at, so whoever waits for any of them is answered.</summary>
    public IReadOnlyCollection<ObjectReference> Named => _named;

    /// <summary>Another event about the object; of those that cannot be told apart the last counts.</summary>
    public void Add(ObjectEvent other)
    {
        _named.Add(other.Object);
        Change = other.NewerOf(Change);
    }
}
