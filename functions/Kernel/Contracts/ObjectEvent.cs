using System.Globalization;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Contracts;

/// <summary>"Look at this object": the data of a CloudEvent of the reference types, decoded.</summary>
/// <param name="Change">What happened; advisory, because the object is read again.</param>
/// <param name="Object">The object that is meant.</param>
internal sealed record ObjectEvent(ObjectChange Change, ObjectReference Object)
{
    /// <summary>
    /// Of this event and an earlier one of the same object the one to look by: that of the newer version, and of any version rather than none, because
    /// a copy as old as an older one would do for that. This one when they cannot be told apart.
    /// </summary>
    public ObjectEvent NewerOf(ObjectEvent earlier) => (earlier.Object.ResourceVersion, Object.ResourceVersion) switch
    {
        (null, _) => this,
        (_, null) => earlier,
        var (before, now) => Number(now) < Number(before) ? earlier : this,
    };

    private static long? Number(string version) => long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>The three reference events of Knative's ApiServerSource (<c>dev.knative.apiserver.ref.*</c>).</summary>
internal enum ObjectChange
{
    Add,
    Update,
    Delete,
}
