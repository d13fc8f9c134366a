using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>Listens to meters and keeps their sums, so that <see cref="Scrape"/> can print them in Prometheus' text format.</summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>Seconds; from a fast admission review to the 30 s that the API server waits at most.</summary>
    private static readonly double[] Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, PrometheusFamily> _families = new();

    /// <param name="meters">Names of the meters to show; by default ours and the runtime's.</param>
    public PrometheusExporter(params string[] meters)
    {
        var names = meters.Length > 0 ? meters : [AgentWardenMetrics.MeterName, "System.Runtime"];
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (names.Contains(instrument.Meter.Name, StringComparer.Ordinal))
            {
                var family = new PrometheusFamily(instrument, Buckets);
                _families[instrument] = family;
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out var _);
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Record(state, (double)value, tags));
        _listener.Start();
    }

    /// <summary>The page for <c>/metrics</c>.</summary>
    public string Scrape()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // A gauge whose owner is being disposed must not hide all the others.
        }

        var text = new System.Text.StringBuilder(4096);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            family.WriteTo(text, withHeader: seen.Add(family.Name));
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((PrometheusFamily)state!).Record(value, tags);
}
