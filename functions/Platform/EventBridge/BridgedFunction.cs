using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge;

/// <summary>What the bridge knows of a function: its name and what it wants to hear of.</summary>
internal sealed record BridgedFunction(string Name, IReadOnlyList<Subscription> Subscriptions)
{
    /// <summary>The functions that the bridge has work for: for their subscriptions, for their timer, or for both.</summary>
    public static IReadOnlyList<BridgedFunction> Of(IEnumerable<IHandler> functions) =>
        [.. functions.Where(f => f is IEventHandler or ITimerHandler).Select(f => new BridgedFunction(f.Name, (f as IEventHandler)?.Subscriptions ?? []))];

    /// <summary>What it asked for where it subscribes to the kind itself.</summary>
    public TimeSpan AtMostEvery(Kernel.Kubernetes.ResourceKind kind) => Subscriptions.FirstOrDefault(s => s.Kind == kind && s.Owner is null)?.AtMostEvery ?? TimeSpan.Zero;
}
