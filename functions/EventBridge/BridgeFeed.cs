using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.EventBridge;

/// <summary>Hands the changes of one kind on: metadata only, whatever the cache holds.</summary>
internal sealed class BridgeFeed<T>(ResourceKind kind, IChangeListener listener) : IWatchHandler<T> where T : class, IKubernetesObject
{
    public void OnChange(ObjectChange change, T? before, T now) => listener.OnChange(kind, change, before?.Metadata, now.Metadata);

    public void OnSynced()
    {
    }
}
