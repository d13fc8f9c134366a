using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Change to event: does a subscription want it, and which object is meant. For the bridge's watches, and for events from outside.</summary>
internal static class SubscriptionMapping
{
    /// <summary>The event for the subscriber, or null when the change is not for it.</summary>
    /// <param name="subscription">What the function asked for.</param>
    /// <param name="change">What happened.</param>
    /// <param name="before">Metadata before the change, when known: an object that leaves the selector is news too.</param>
    /// <param name="now">Metadata now, or the last known of a deleted object.</param>
    public static ObjectEvent? Map(Subscription subscription, ObjectChange change, ObjectMeta? before, ObjectMeta now)
    {
        if (subscription.SpecOnly && before is not null && change == ObjectChange.Update && HasSameSpec(before, now))
        {
            return null;
        }

        if (!LabelsMatch(subscription.LabelSelector, now) && (before is null || !LabelsMatch(subscription.LabelSelector, before)))
        {
            return null;
        }

        if (subscription.Owner is not { } ownerKind)
        {
            return new(change, ObjectReference.To(subscription.Kind, now));
        }

        var owner = OwnerOf(now, ownerKind) ?? (before is null ? null : OwnerOf(before, ownerKind));
        // The owned object's version says nothing about its owner's: no version, so that the owner is read as it is.
        return owner is null ? null : new(ObjectChange.Update, new(ownerKind, now.Namespace, owner.Name) { Uid = owner.Uid });
    }

    /// <summary>Another UID is another object, made while the watch was away.</summary>
    private static bool HasSameSpec(ObjectMeta before, ObjectMeta now) =>
        now.Generation > 0 && now.Generation == before.Generation && now.DeletionTimestamp == before.DeletionTimestamp
        && string.Equals(now.Uid, before.Uid, StringComparison.Ordinal);

    private static OwnerReference? OwnerOf(ObjectMeta metadata, ResourceKind kind) => metadata.OwnerReferences?.FirstOrDefault(o =>
        string.Equals(o.Kind, kind.Kind, StringComparison.Ordinal) && o.ApiVersion.StartsWith(kind.Group + "/", StringComparison.Ordinal));

    /// <summary>The labels that a selector asks about: of all others nothing need be kept.</summary>
    public static IEnumerable<string> LabelKeys(string? selector) =>
        selector?.Split(',').Select(term => term.TrimStart('!')).Select(term => term.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? term[..equals] : term) ?? [];

    /// <summary>The equality forms of a label selector: <c>k=v</c>, <c>k</c>, <c>!k</c>, joined by commas.</summary>
    private static bool LabelsMatch(string? selector, ObjectMeta metadata)
    {
        if (selector is null)
        {
            return true;
        }

        foreach (var term in selector.Split(','))
        {
            var equals = term.IndexOf('=', StringComparison.Ordinal);
            var holds = term[0] == '!' ? metadata.Label(term[1..]) is null
                : equals < 0 ? metadata.Label(term) is not null
                : string.Equals(metadata.Label(term[..equals]), term[(equals + 1)..], StringComparison.Ordinal);
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }
}
