using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Platform.Hosting;

/// <summary>The routes of HTTP functions, as their function.json and host.json say.</summary>
internal static class FunctionRoutes
{
    /// <summary>With a route prefix each function also answers without it, so that a webhook's path works bare and behind the Functions host.</summary>
    public static IEnumerable<HttpRoute> Of(IEnumerable<BoundFunction> functions, HostJson host, Invocations invocations)
    {
        foreach (var bound in functions)
        {
            if (bound is { Function: IHttpFunction function, Trigger: HttpTrigger trigger })
            {
                var handler = Handler(function, invocations);
                yield return new HttpRoute(trigger.Route, trigger.Methods, handler) { JsonOnly = true };
                if (host.RoutePrefix.Length > 0)
                {
                    yield return new HttpRoute($"{host.RoutePrefix}/{trigger.Route}", trigger.Methods, handler) { JsonOnly = true };
                }
            }
        }
    }

    public static HttpHandler Handler(IHttpFunction function, Invocations invocations) => (call, cancellation) =>
        invocations.RunAsync(function.Name, "http", (function, call), static (s, token) => s.function.HandleAsync(s.call, token), cancellation, call.Header("traceparent"), call.Header("tracestate"));
}
