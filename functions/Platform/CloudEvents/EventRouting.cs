using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Which objects a function looks at because of an event from outside: what the bridge decides for its own watches.</summary>
internal static class EventRouting
{
    /// <summary>The looks; empty when the event is not for the function, null when that takes the object's metadata to tell.</summary>
    /// <remarks>
    /// Without metadata a label selector counts as met: a look too many does no harm, one too few does.
    /// With metadata there is only the state after the change, so an object that has just left the selector is not seen here.
    /// </remarks>
    public static IReadOnlyList<ObjectEvent>? Of(IEventHandler function, ObjectEvent change, ObjectMeta? metadata)
    {
        var own = function.Subscriptions.Where(s => Same(s.Kind, change.Object.Kind)).ToList();
        if (own.Count > 0 && metadata is not null)
        {
            return [.. own.Select(s => SubscriptionMapping.Map(s, change.Change, null, metadata)).OfType<ObjectEvent>()];
        }

        // The bridge, and functions' follow-ups, name the owner itself.
        if (own.Exists(s => s.Owner is null) || function.Subscriptions.Any(s => s.Owner is { } owner && Same(owner, change.Object.Kind)))
        {
            return [change];
        }

        return own.Count == 0 ? [] : null;
    }

    private static bool Same(ResourceKind a, ResourceKind b) => a.Group == b.Group && a.Kind == b.Kind;
}
