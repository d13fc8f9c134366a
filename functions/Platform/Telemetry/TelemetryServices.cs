using AgentWarden.Kernel.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AgentWarden.Platform.Telemetry;

/// <summary>
/// Metrics for Prometheus always; spans and metrics for an OTLP collector when one is named. Logs stay on stdout, where every cluster collects them.
/// </summary>
internal static class TelemetryServices
{
    /// <summary>
    /// A label that takes its values from outside must not fill the memory: what comes after this many sets of labels
    /// is counted together, under <c>otel_metric_overflow="true"</c>. Also, memory for as many is set aside for each metric.
    /// </summary>
    internal const int MaxSeries = 500;

    /// <param name="services">The application's.</param>
    /// <param name="settings">The environment: the standard <c>OTEL_*</c> names.</param>
    /// <param name="meter">Whose metrics are shown: one name for one set of instruments.</param>
    public static IServiceCollection AddAgentWardenTelemetry(
        this IServiceCollection services, Func<string, string?> settings, string meter = AgentWardenMetrics.MeterName)
    {
        var otlp = OtlpSettings.Read(settings);
        if (otlp.Disabled)
        {
            return services;
        }

        var telemetry = services.AddOpenTelemetry().ConfigureResource(r => Describe(r));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(meter).AddView(_ => new MetricStreamConfiguration { CardinalityLimit = MaxSeries });
            // Every metric has one scope, which no alert asks for; and a scrape says how things are now, not a while ago.
            metrics.AddPrometheusExporter(options => (options.ScopeInfoEnabled, options.ScrapeResponseCacheDurationMilliseconds) = (false, 0));
            if (otlp.Metrics)
            {
                metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation();
                metrics.AddOtlpExporter((options, _) => Protocol(options, otlp.MetricsProtocolIsSet));
            }
        });
        if (otlp.Traces)
        {
            // Without a listener nobody makes a span: neither we, nor the server, nor the client.
            telemetry.WithTracing(traces => traces.AddSource(Tracing.SourceName)
                .AddAspNetCoreInstrumentation(options => options.Filter = IsWork)
                .AddHttpClientInstrumentation(options => options.EnrichWithHttpRequestMessage = SpanUrl.WithoutQuery)
                .AddOtlpExporter(options => Protocol(options, otlp.TracesProtocolIsSet)));
        }

        return services;
    }

    /// <summary>
    /// Who says it. What comes later wins: OTEL_SERVICE_NAME, and a service.name in OTEL_RESOURCE_ATTRIBUTES, which an operator sets.
    /// </summary>
    internal static ResourceBuilder Describe(ResourceBuilder resource) =>
        resource.Clear().AddService("agent-warden").AddTelemetrySdk().AddEnvironmentVariableDetector();

    /// <summary>Probes and scrapes come all the time, and nobody looks for them in traces.</summary>
    private static bool IsWork(HttpContext context) => context.Request.Path.Value is not ("/healthz" or "/readyz" or MetricsEndpoint.Path);

    // The specification's default is http/protobuf, and port 4318 is what most collectors open; the library's own default is gRPC.
    private static void Protocol(OtlpExporterOptions options, bool isSet)
    {
        if (!isSet)
        {
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
        }
    }
}
