using System.Collections.Concurrent;

namespace AgentWarden.Kernel.Kubernetes.Watching;

/// <summary>The reflector's objects by key and by what the user declared. One writer, many readers.</summary>
internal sealed class ObjectStore<T> where T : class, IKubernetesObject
{
    private readonly ConcurrentDictionary<ObjectKey, T> _objects = new();
    private readonly Dictionary<string, Index> _indexes = new(StringComparer.Ordinal);

    public int Count => _objects.Count;

    public IEnumerable<ObjectKey> Keys => _objects.Select(o => o.Key);

    public static ObjectKey KeyOf(T item) => new(item.Metadata.Namespace, item.Metadata.Name);

    public void AddIndex(string name, Func<T, IEnumerable<string>> values) => _indexes.Add(name, new Index(values));

    public T? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    public IReadOnlyCollection<T> ByIndex(string name, string value) =>
        _indexes.TryGetValue(name, out var index) ? index.Get(value)
            : throw new ArgumentException($"No index \"{name}\" was declared.", nameof(name));

    public IReadOnlyCollection<T> All() => (IReadOnlyCollection<T>)_objects.Values;

    public void Set(ObjectKey key, T? before, T now)
    {
        _objects[key] = now;
        Reindex(key, before, now);
    }

    public void Remove(ObjectKey key, T before)
    {
        _objects.TryRemove(key, out _);
        Reindex(key, before, now: null);
    }

    private void Reindex(ObjectKey key, T? before, T? now)
    {
        foreach (var index in _indexes.Values)
        {
            index.Change(key, before, now);
        }
    }

    private sealed class Index(Func<T, IEnumerable<string>> values)
    {
        // One lock inside each dictionary: there is one writer, and 50,000 namespaces should not cost 50,000 lock tables.
        private readonly ConcurrentDictionary<string, Bucket> _buckets = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);

        public IReadOnlyCollection<T> Get(string value) => _buckets.TryGetValue(value, out var bucket) ? bucket.Items() : [];

        public void Change(ObjectKey key, T? before, T? now)
        {
            string[] olds = before is null ? [] : [.. values(before)], news = now is null ? [] : [.. values(now)];
            foreach (var value in olds.Except(news, StringComparer.Ordinal))
            {
                if (_buckets.TryGetValue(value, out var bucket) && bucket.Remove(key))
                {
                    _buckets.TryRemove(value, out _);
                }
            }

            foreach (var value in news)
            {
                _buckets.GetOrAdd(value, static _ => new Bucket()).Set(key, now!);
            }
        }
    }

    /// <summary>
    /// The objects of one value, with the array that readers get: made once after a change, so that reading costs nothing.
    /// </summary>
    private sealed class Bucket
    {
        private readonly Dictionary<ObjectKey, T> _items = [];
        private T[]? _snapshot;

        public IReadOnlyCollection<T> Items()
        {
            if (Volatile.Read(ref _snapshot) is { } snapshot)
            {
                return snapshot;
            }

            lock (_items)
            {
                return _snapshot ??= [.. _items.Values];
            }
        }

        public void Set(ObjectKey key, T item)
        {
            lock (_items)
            {
                _items[key] = item;
                _snapshot = null;
            }
        }

        /// <summary>True when nothing is left.</summary>
        public bool Remove(ObjectKey key)
        {
            lock (_items)
            {
                _items.Remove(key);
                _snapshot = null;
                return _items.Count == 0;
            }
        }
    }
}
