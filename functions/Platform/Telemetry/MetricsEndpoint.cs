using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace AgentWarden.Platform.Telemetry;

/// <summary>The page that Prometheus scrapes.</summary>
internal static class MetricsEndpoint
{
    internal const string Path = "/metrics";

    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>
    /// Also begins to count: what is counted before is not on the page. The page is never empty: <c>target_info</c> says who it is.
    /// </summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints) =>
        endpoints.ServiceProvider.GetService<MeterProvider>() is { } provider
            ? endpoints.MapPrometheusScrapingEndpoint(Path, provider, configureBranchedPipeline: null, optionsName: null)
                .WithMetadata(new HttpMethodMetadata(Reading))
            : endpoints.MapMethods(Path, Reading, context => context.Response.WriteAsync("# No metrics: OTEL_SDK_DISABLED is true.\n"));
}
