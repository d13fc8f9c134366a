using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>Hands the changes of one kind on: metadata only, whatever the cache holds.</summary>
internal sealed class BridgeFeed<T>(ResourceKind kind, IChangeListener listener) : IWatchHandler<T> where T : class, IKubernetesObject
{
    public void OnChange(ObjectChange change, T? before, T now) => listener.OnChange(kind, change, before?.Metadata, now.Metadata);

    public void OnSynced()
    {
    }
}
