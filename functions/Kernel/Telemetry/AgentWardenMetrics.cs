using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>The instruments of all functions. One place, so that a metric has one name and one set of labels.</summary>
internal sealed class AgentWardenMetrics : IDisposable
{
    public const string MeterName = "AgentWarden";

    /// <summary>Seconds; from a fast admission review to the 30 s that the API server waits at most.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly Meter _meter;
    private readonly Counter<long> _invocations;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _admissions;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _calls;
    private readonly UpDownCounter<long> _streams;

    /// <param name="meter">One name for one set of instruments: a process has one, tests in one process have many.</param>
    public AgentWardenMetrics(string meter = MeterName)
    {
        _meter = new(meter);
        _invocations = _meter.CreateCounter<long>("agentwarden.function.invocations", description: "Calls of a function, by trigger.");
        _failures = _meter.CreateCounter<long>("agentwarden.function.failures", description: "Calls that ended in an exception, by its type.");
        _duration = _meter.CreateHistogram<double>("agentwarden.function.duration", "s", "Duration of a call.", tags: null, Seconds);
        _admissions = _meter.CreateCounter<long>("agentwarden.admission.reviews", description: "Admission reviews, by outcome.");
        _deliveries = _meter.CreateCounter<long>(
            "agentwarden.bridge.deliveries",
            description: "Deliveries of the event bridge, by function and outcome: answered, handed_over, stale, failed or away.");
        _refused = _meter.CreateCounter<long>("agentwarden.http.refused", description: "Requests that reached no function, by status.");
        _calls = _meter.CreateCounter<long>(
            "agentwarden.grpc.calls", description: "gRPC calls that have ended, by method and status; a stream counts at its end.");
        _streams = _meter.CreateUpDownCounter<long>("agentwarden.grpc.streams", description: "gRPC streams that are open, by method.");
    }

    /// <summary>One finished call. <paramref name="failure"/> is null when it went well.</summary>
    public void Invoked(string function, string trigger, TimeSpan duration, string? failure)
    {
        var name = new KeyValuePair<string, object?>("function", function);
        _invocations.Add(1, name, new("trigger", trigger));
        _duration.Record(duration.TotalSeconds, name);
        if (failure is not null)
        {
            _failures.Add(1, name, new("error", failure));
        }
    }

    /// <summary>One admission review: allowed, denied, patched or errored.</summary>
    public void Admitted(string function, string outcome) =>
        _admissions.Add(1, new("function", function), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>One delivery of the event bridge: answered, handed_over, stale, failed or away.</summary>
    public void Delivered(string function, string outcome) =>
        _deliveries.Add(1, new("function", function), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A request that no function saw: wrong path, method, size or media type.</summary>
    public void Refused(int status) => _refused.Add(1, new KeyValuePair<string, object?>("status", status));

    /// <summary>One finished gRPC call: the status as gRPC names it, or Cancelled when the caller left.</summary>
    public void Called(string method, string status) =>
        _calls.Add(1, new("method", method), new KeyValuePair<string, object?>("status", status));

    /// <summary>A stream was opened (1) or has ended (-1).</summary>
    public void Streaming(string method, int change) => _streams.Add(change, new KeyValuePair<string, object?>("method", method));

    /// <summary>A value that is read when somebody looks, such as the depth of a queue.</summary>
    public void Observe(string name, string description, Func<long> value, params KeyValuePair<string, object?>[] labels) =>
        _meter.CreateObservableGauge(name, () => new Measurement<long>(value(), labels), description: description);

    /// <summary>Values with labels of their own, such as the backlog of each function.</summary>
    public void Observe(string name, string description, Func<IEnumerable<Measurement<long>>> values) =>
        _meter.CreateObservableGauge(name, values, description: description);

    public void Dispose() => _meter.Dispose();
}

/// <summary>The source of our spans. Without a listener (no OTLP endpoint is set) starting a span costs a null check.</summary>
internal static class Tracing
{
    public const string SourceName = "AgentWarden";

    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>A span for a call: a child of the request that brought it, else of the <c>traceparent</c> that came with it.</summary>
    public static Activity? Start(string function, string trigger, string? traceParent = null, string? traceState = null)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // Without a parent, StartActivity takes the current one.
        ActivityContext sent = default;
        var alone = Activity.Current is null;
        _ = alone && ActivityContext.TryParse(traceParent, traceState, isRemote: true, out sent);
        var activity = Source.StartActivity(function, alone ? ActivityKind.Server : ActivityKind.Internal, sent);
        activity?.SetTag("faas.name", function).SetTag("faas.trigger", trigger);
        return activity;
    }
}
