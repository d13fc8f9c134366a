using System.Globalization;
using System.Text;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>The labels of one series. Looked up by the span that a measurement brings, so that counting allocates nothing.</summary>
internal sealed class LabelSet
{
    private readonly KeyValuePair<string, object?>[] _tags;

    public LabelSet(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _tags = tags.ToArray();
        Text = Format(_tags);
    }

    public static IEqualityComparer<LabelSet> Comparer { get; } = new SpanComparer();

    /// <summary><c>a="1",b="2"</c>, escaped.</summary>
    public string Text { get; }

    private static string Format(KeyValuePair<string, object?>[] tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            text.Append(text.Length > 0 ? "," : "").Append(PrometheusText.Sanitize(key)).Append("=\"");
            text.Append(PrometheusText.LabelValue(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")).Append('"');
        }

        return text.ToString();
    }

    private sealed class SpanComparer : IEqualityComparer<LabelSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, LabelSet>
    {
        public bool Equals(LabelSet? x, LabelSet? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x._tags, y));

        public int GetHashCode(LabelSet obj) => GetHashCode(obj._tags);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, LabelSet other)
        {
            if (alternate.Length != other._tags.Length)
            {
                return false;
            }

            for (var i = 0; i < alternate.Length; i++)
            {
                if (alternate[i].Key != other._tags[i].Key || !Equals(alternate[i].Value, other._tags[i].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            var hash = default(HashCode);
            foreach (var (key, value) in alternate)
            {
                hash.Add(key, StringComparer.Ordinal);
                hash.Add(value);
            }

            return hash.ToHashCode();
        }

        public LabelSet Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate);
    }
}
