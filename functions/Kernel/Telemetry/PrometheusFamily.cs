using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>One metric with all its label sets.</summary>
internal sealed class PrometheusFamily
{
    // A label that takes its values from outside must not fill the memory: what comes after this many sets is not counted apart.
    private const int MaxSeries = 2000;

    private enum Shape
    {
        Counter,
        Gauge,
        Histogram,
    }

    private readonly Shape _shape;
    private readonly bool _absolute;
    private readonly bool _adds;
    private readonly string _help;
    private readonly double[] _buckets;
    private readonly ConcurrentDictionary<LabelSet, Series> _series = new(LabelSet.Comparer);
    private readonly ConcurrentDictionary<LabelSet, Series>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _bySpan;

    public PrometheusFamily(Instrument instrument, double[] buckets)
    {
        var type = instrument.GetType().Name;
        _shape = type.Contains("Histogram", StringComparison.Ordinal) ? Shape.Histogram
            : type.Contains("UpDown", StringComparison.Ordinal) || type.Contains("Gauge", StringComparison.Ordinal) ? Shape.Gauge
            : Shape.Counter;
        _absolute = instrument.IsObservable;
        _adds = !_absolute && !type.StartsWith("Gauge", StringComparison.Ordinal);
        _help = instrument.Description ?? "";
        _buckets = buckets;
        Name = PrometheusText.MetricName(instrument.Name, instrument.Unit, _shape == Shape.Counter);
        _bySpan = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public string Name { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_bySpan.TryGetValue(tags, out var series))
        {
            if (_series.Count >= MaxSeries)
            {
                return;
            }

            series = _series.GetOrAdd(new LabelSet(tags), static (_, buckets) => new Series(buckets), _shape == Shape.Histogram ? _buckets : []);
        }

        lock (series)
        {
            if (_shape == Shape.Histogram)
            {
                series.Observe(value);
            }
            else
            {
                series.Value = _adds ? series.Value + value : value;
            }
        }
    }

    /// <param name="text">Where to.</param>
    /// <param name="withHeader">False when an earlier family of the same name wrote it.</param>
    public void WriteTo(StringBuilder text, bool withHeader)
    {
        if (withHeader)
        {
            text.Append("# HELP ").Append(Name).Append(' ').Append(PrometheusText.Help(_help)).Append('\n');
            text.Append("# TYPE ").Append(Name).Append(' ').Append(_shape switch { Shape.Counter => "counter", Shape.Gauge => "gauge", _ => "histogram" }).Append('\n');
        }

        foreach (var (labels, series) in _series)
        {
            lock (series)
            {
                if (_shape == Shape.Histogram)
                {
                    WriteHistogram(text, labels.Text, series);
                }
                else
                {
                    PrometheusText.Sample(text, Name, labels.Text, series.Value);
                }
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        long sum = 0;
        for (var i = 0; i <= _buckets.Length; i++)
        {
            sum += series.Counts[i];
            var le = i < _buckets.Length ? _buckets[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            PrometheusText.Sample(text, $"{Name}_bucket", labels.Length == 0 ? $"le=\"{le}\"" : $"{labels},le=\"{le}\"", sum);
        }

        PrometheusText.Sample(text, $"{Name}_sum", labels, series.Value);
        PrometheusText.Sample(text, $"{Name}_count", labels, sum);
    }

    private sealed class Series(double[] buckets)
    {
        public double Value { get; set; }

        public long[] Counts { get; } = new long[buckets.Length + 1];

        public void Observe(double value)
        {
            var i = 0;
            while (i < buckets.Length && value > buckets[i])
            {
                i++;
            }

            Counts[i]++;
            Value += value;
        }
    }
}
