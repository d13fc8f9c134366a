namespace AgentWarden.Kernel.Kubernetes;

/// <summary>A watch-backed copy of one kind. Reads never touch the network.</summary>
internal interface IObjectCache<T> where T : class, IKubernetesObject
{
    /// <summary>True after the first whole list. Before that an absent object means "not known", not "not there".</summary>
    bool IsSynced { get; }

    T? Find(ObjectKey key);

    /// <summary>
    /// The objects of one namespace. Only of a cache that indexes them; throws <see cref="ArgumentException"/> of any other.
    /// </summary>
    IReadOnlyCollection<T> InNamespace(string ns);

    IReadOnlyCollection<T> All();
}
