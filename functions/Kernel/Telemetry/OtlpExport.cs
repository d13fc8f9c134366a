using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>Sends traces and metrics to an OTLP collector, when one is named. Logs stay on stdout, where every cluster collects them.</summary>
internal static class OtlpExport
{
    /// <summary>Starts the exporters by the standard <c>OTEL_*</c> settings; null, and nothing of OpenTelemetry loaded, when none names an endpoint.</summary>
    public static IDisposable? Start(Func<string, string?> settings) =>
        IsSet(settings, "OTEL_EXPORTER_OTLP_ENDPOINT") || IsSet(settings, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || IsSet(settings, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
            ? string.Equals(settings("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase) ? null : StartExporters(settings)
            : null;

    private static bool IsSet(Func<string, string?> settings, string name) => !string.IsNullOrWhiteSpace(settings(name));

    // Not inlined: the JIT loads the OpenTelemetry assemblies when it compiles this method, which costs a cold start some 50 ms.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Running StartExporters(Func<string, string?> settings)
    {
        var resource = Resource();
        var traces = settings("OTEL_TRACES_EXPORTER") == "none" ? null : Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Tracing.SourceName)
            .AddOtlpExporter(options => UseProtocol(options, settings, "TRACES"))
            .Build();
        var metrics = settings("OTEL_METRICS_EXPORTER") == "none" ? null : Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(AgentWardenMetrics.MeterName, "System.Runtime")
            .AddOtlpExporter(options => UseProtocol(options, settings, "METRICS"))
            .Build();
        return new Running(traces, metrics);
    }

    /// <summary>Who says it. What comes later wins: OTEL_SERVICE_NAME, and a service.name in OTEL_RESOURCE_ATTRIBUTES, which an operator sets.</summary>
    internal static ResourceBuilder Resource() =>
        ResourceBuilder.CreateEmpty().AddService("agent-warden").AddTelemetrySdk().AddEnvironmentVariableDetector();

    // The specification's default is http/protobuf, and port 4318 is what most collectors open; the library's own default is gRPC.
    private static void UseProtocol(OtlpExporterOptions options, Func<string, string?> settings, string signal)
    {
        if (!IsSet(settings, "OTEL_EXPORTER_OTLP_PROTOCOL") && !IsSet(settings, $"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"))
        {
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
        }
    }

    private sealed class Running(TracerProvider? traces, MeterProvider? metrics) : IDisposable
    {
        public void Dispose()
        {
            // Dispose flushes what is queued.
            traces?.Dispose();
            metrics?.Dispose();
        }
    }
}
