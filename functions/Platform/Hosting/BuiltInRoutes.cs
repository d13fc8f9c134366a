using System.Text;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Platform.Hosting;

/// <summary>What every host answers beside its functions: probes and metrics.</summary>
internal static class BuiltInRoutes
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    public static IEnumerable<HttpRoute> Probes(Readiness readiness)
    {
        // Alive means: this answer was given. Anything else (a cache, the API server) would restart pods that a restart cannot help.
        yield return new HttpRoute("healthz", Reading, static (_, _) => Task.FromResult(HttpAnswer.OfText(200, "alive\n")));
        yield return new HttpRoute("readyz", Reading, (_, _) => Task.FromResult(Ready(readiness)));
    }

    public static HttpRoute Metrics(PrometheusExporter exporter) =>
        new("metrics", Reading, (_, _) => Task.FromResult(new HttpAnswer(200, PrometheusText.ContentType, Encoding.UTF8.GetBytes(exporter.Scrape() is { Length: > 0 } text ? text : "# no metrics yet\n"))));

    private static HttpAnswer Ready(Readiness readiness)
    {
        var reasons = readiness.Reasons();
        return reasons.Count == 0 ? HttpAnswer.OfText(200, "ready\n") : HttpAnswer.OfText(503, $"not ready:\n- {string.Join("\n- ", reasons)}\n");
    }
}
