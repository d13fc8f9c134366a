using System.Text;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.Hosting;
using Microsoft.AspNetCore.Routing;

namespace AgentWarden.Platform.Composition;

/// <summary>For Prometheus.</summary>
internal static class MetricsEndpoint
{
    public static void Map(IEndpointRouteBuilder endpoints, HttpCalls calls, PrometheusExporter exporter) => FunctionEndpoints.Map(
        endpoints, "metrics", ["GET", "HEAD"], calls, (_, _) => Task.FromResult(new HttpAnswer(
            200, PrometheusText.ContentType, Encoding.UTF8.GetBytes(exporter.Scrape() is { Length: > 0 } text ? text : "# no metrics yet\n"))));
}
