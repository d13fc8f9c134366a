using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

/// <summary>A path and what answers there.</summary>
internal sealed record HttpRoute(string Template, string[] Methods, HttpHandler Handler);

/// <summary>Plain handlers, to be mapped as the program maps its own.</summary>
internal sealed class HttpRoutes(params IEnumerable<HttpRoute> routes)
{
    /// <summary>Serve the probes too.</summary>
    public bool Probes { get; init; }

    public Action<IEndpointRouteBuilder> Mapping(Readiness readiness, int maxBody = HttpCalls.MaxBodyBytes) => endpoints =>
    {
        var calls = new HttpCalls(readiness, new AgentWardenMetrics(), NullLogger.Instance, maxBody);
        foreach (var route in routes)
        {
            FunctionEndpoints.Map(endpoints, route.Template, route.Methods, calls, route.Handler);
        }

        if (Probes)
        {
            AgentWarden.Platform.Hosting.Probes.Map(endpoints);
        }
    };
}
