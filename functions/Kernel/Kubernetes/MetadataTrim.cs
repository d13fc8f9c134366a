using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// Makes metadata small before a cache keeps it: one copy of every namespace, label key and common value, and no hash tables for three
/// labels. Not thread-safe: one per reflector, which calls it from its one loop.
/// </summary>
/// <param name="keepAnnotation">Which annotations are kept; none by default, because kubectl puts whole objects in there.</param>
/// <param name="keepLabel">Which labels are kept; all by default.</param>
internal sealed class MetadataTrim(Func<string, bool>? keepAnnotation = null, Func<string, bool>? keepLabel = null)
{
    /// <summary>Enough for keys, namespaces and shared values; unique values must not grow the table for ever.</summary>
    private const int MostStrings = 10_000, LongestShared = 64;

    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);

    /// <summary>False when nobody asks for owners.</summary>
    public bool KeepsOwners { get; init; } = true;

    public MetadataOnly? Trim(MetadataOnly item) => new() { Metadata = Trim(item.Metadata) };

    public ObjectMeta Trim(ObjectMeta metadata) => metadata with
    {
        Namespace = Share(metadata.Namespace),
        Labels = Compact(metadata.Labels, keepLabel ?? (static _ => true)),
        Annotations = Compact(metadata.Annotations, keepAnnotation ?? (static _ => false)),
        OwnerReferences = !KeepsOwners || metadata.OwnerReferences is not { Count: > 0 } owners ? null
            : [.. owners.Select(o => o with { ApiVersion = Share(o.ApiVersion), Kind = Share(o.Kind) })],
    };

    private SmallMap? Compact(IReadOnlyDictionary<string, string>? map, Func<string, bool> keep)
    {
        var kept = map?.Where(p => keep(p.Key)).Select(p => KeyValuePair.Create(Share(p.Key), Share(p.Value))).ToArray();
        return kept is { Length: > 0 } ? new SmallMap(kept) : null;
    }

    [return: NotNullIfNotNull(nameof(text))]
    private string? Share(string? text)
    {
        if (text is null || text.Length > LongestShared)
        {
            return text;
        }

        if (_shared.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_shared.Count < MostStrings)
        {
            _shared.Add(text, text);
        }

        return text;
    }

    /// <summary>A dictionary of a few entries as one array: searching it is as fast and it is a fifth of the size.</summary>
    private sealed class SmallMap(KeyValuePair<string, string>[] pairs) : IReadOnlyDictionary<string, string>
    {
        public int Count => pairs.Length;
        public IEnumerable<string> Keys => pairs.Select(p => p.Key);
        public IEnumerable<string> Values => pairs.Select(p => p.Value);
        public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
        {
            foreach (var pair in pairs)
            {
                if (pair.Key == key)
                {
                    value = pair.Value;
                    return true;
                }
            }

            value = null;
            return false;
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
            ((IEnumerable<KeyValuePair<string, string>>)pairs).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
