using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Kernel.Admission;

/// <summary>A plain dictionary behind the interface of a watch.</summary>
internal sealed class DictionaryCache<T>(params T[] objects) : IObjectCache<T> where T : class, IKubernetesObject
{
    private readonly Dictionary<ObjectKey, T> _objects = objects.ToDictionary(o => new ObjectKey(o.Metadata.Namespace, o.Metadata.Name));

    public bool IsSynced { get; init; } = true;

    public T? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    public IReadOnlyCollection<T> InNamespace(string ns) => [.. _objects.Values.Where(o => o.Metadata.Namespace == ns)];

    public IReadOnlyCollection<T> All() => _objects.Values;
}

/// <summary>What the API server would say: a set of objects, or no answer. Counts the calls.</summary>
internal sealed class LiveObjects(params IKubernetesObject[] objects) : IKubernetesReader
{
    public int Calls { get; private set; }

    public HttpStatusCode? Failure { get; init; }

    public Task<T?> GetAsync<T>(ResourceKind kind, string? ns, string name, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class
    {
        Call();
        return Task.FromResult(objects.OfType<T>().FirstOrDefault(o => ((IKubernetesObject)o).Metadata is var m && m.Namespace == ns && m.Name == name));
    }

    public async IAsyncEnumerable<T> ListAsync<T>(ResourceKind kind, string? ns, ListOptions options, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation) where T : class
    {
        Call();
        await Task.Yield();
        foreach (var item in objects.OfType<T>().Where(o => ns is null || ((IKubernetesObject)o).Metadata.Namespace == ns))
        {
            yield return item;
        }
    }

    private void Call()
    {
        Calls++;
        if (Failure is { } status)
        {
            throw new KubernetesException(status, reason: null, "test");
        }
    }
}
