namespace AgentWarden.Platform.Telemetry;

/// <summary>What the standard <c>OTEL_*</c> settings say of a collector. What else they say, the OpenTelemetry SDK reads itself.</summary>
/// <param name="Disabled">No telemetry at all: the SDK would be an empty shell.</param>
/// <param name="Traces">Spans are made and sent.</param>
/// <param name="Metrics">Metrics are sent.</param>
/// <param name="TracesProtocolIsSet">Else the specification's default is taken, not the library's.</param>
/// <param name="MetricsProtocolIsSet">The same for metrics.</param>
internal sealed record OtlpSettings(bool Disabled, bool Traces, bool Metrics, bool TracesProtocolIsSet, bool MetricsProtocolIsSet)
{
    public static OtlpSettings Read(Func<string, string?> settings)
    {
        var disabled = string.Equals(settings("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        return new(
            disabled,
            Sends("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
            Sends("OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"),
            IsSet("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") || IsSet("OTEL_EXPORTER_OTLP_PROTOCOL"),
            IsSet("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL") || IsSet("OTEL_EXPORTER_OTLP_PROTOCOL"));

        bool Sends(string exporter, string endpoint) =>
            !disabled && settings(exporter) != "none" && (IsSet(endpoint) || IsSet("OTEL_EXPORTER_OTLP_ENDPOINT"));

        bool IsSet(string name) => !string.IsNullOrWhiteSpace(settings(name));
    }
}
