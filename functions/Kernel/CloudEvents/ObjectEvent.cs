using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.CloudEvents;

/// <summary>"Look at this object": the data of a CloudEvent of the reference types, decoded.</summary>
/// <param name="Change">What happened; advisory, because the object is read again.</param>
/// <param name="Object">The object that is meant.</param>
internal sealed record ObjectEvent(ObjectChange Change, ObjectReference Object);

/// <summary>The three reference events of Knative's ApiServerSource (<c>dev.knative.apiserver.ref.*</c>).</summary>
internal enum ObjectChange
{
    Add,
    Update,
    Delete,
}
