using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AgentWarden.Platform.Hosting;

/// <summary>The kubelet's probes, by ASP.NET Core's health checks.</summary>
internal static class Probes
{
    private const string Ready = "ready", ReasonsKey = "reasons";

    public static void AddServices(IServiceCollection services, Readiness readiness) => services.AddHealthChecks().AddCheck(Ready, () =>
    {
        var reasons = readiness.Reasons();
        return reasons.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("not ready", data: new Dictionary<string, object>(StringComparer.Ordinal) { [ReasonsKey] = reasons });
    });

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        // Alive means: this answer was given. Anything else (a cache, the API server) would restart pods that a restart cannot help.
        endpoints.MapHealthChecks("/healthz", new HealthCheckOptions
        {
            Predicate = static _ => false,
            ResponseWriter = static (context, _) => WriteAsync(context, "alive\n"),
        });
        endpoints.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = static (context, report) => WriteAsync(context, Text(report)) });
    }

    private static string Text(HealthReport report) => report.Status == HealthStatus.Healthy
        ? "ready\n"
        : $"not ready:\n- {string.Join("\n- ", report.Entries.Values.SelectMany(Reasons))}\n";

    private static IEnumerable<string> Reasons(HealthReportEntry entry) =>
        entry.Data.TryGetValue(ReasonsKey, out var reasons) ? (IReadOnlyList<string>)reasons : [entry.Description ?? "a check failed"];

    private static Task WriteAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(text);
    }
}
