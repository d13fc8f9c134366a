namespace AgentWarden.Benchmarks.Report;

/// <summary>Durations in milliseconds, and what is said of them.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public Samples(params IEnumerable<double> values) => _values.AddRange(values);

    public IReadOnlyList<double> Values => _values;

    public double P50 => Percentile(50);

    public double P99 => Percentile(99);

    public void Add(double value) => _values.Add(value);

    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public static double Median(params IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Nearest rank: the smallest value that at least this share of the values does not exceed.</summary>
    public double Percentile(double percent)
    {
        var sorted = _values.Order().ToArray();
        return sorted[Math.Max((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0)];
    }

    /// <summary>Every value, for a note.</summary>
    public override string ToString() => string.Join(", ", _values.Select(v => v.ToString("0.##")));
}
