using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>Hears of every change that a watch sees, as metadata.</summary>
internal interface IChangeListener
{
    /// <param name="kind">The object's kind.</param>
    /// <param name="change">What happened.</param>
    /// <param name="before">Before the change, when known.</param>
    /// <param name="now">Now; for a deletion the last that is known.</param>
    void OnChange(ResourceKind kind, ObjectChange change, ObjectMeta? before, ObjectMeta now);
}
