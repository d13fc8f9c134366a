using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>What the bridge's watches know now.</summary>
internal interface IWatchedObjects
{
    /// <summary>Every object, once, in no order. What changes meanwhile is told by the watches.</summary>
    void ForEach(Action<ResourceKind, ObjectMeta> each);
}

/// <summary>Of a process that does not watch.</summary>
internal sealed class NoObjects : IWatchedObjects
{
    public static readonly NoObjects Instance = new();

    public void ForEach(Action<ResourceKind, ObjectMeta> each)
    {
    }
}
