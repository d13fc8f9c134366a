using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// Is told of every change, in order, by the reflector's one loop, after the cache has it. It should be quick: the loop waits for it.
/// </summary>
internal interface IWatchHandler<T> where T : class, IKubernetesObject
{
    /// <param name="change">What happened.</param>
    /// <param name="before">What the cache held; null for an Add.</param>
    /// <param name="now">What it holds; for a Delete the last state that is known.</param>
    void OnChange(ObjectChange change, T? before, T now);

    /// <summary>A whole list has been taken in: what is not in the cache does not exist.</summary>
    void OnSynced();
}
