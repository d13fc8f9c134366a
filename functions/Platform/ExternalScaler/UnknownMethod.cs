using AgentWarden.Kernel.Telemetry;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>Methods of the scaler that are not served, such as those of KEDA's next version: the library's own answer does not say which are.</summary>
internal static class UnknownMethod
{
    private static readonly string Advice =
        $"The service has no such method. Methods: {string.Join(", ", Contract.ExternalScaler.Descriptor.Methods.Select(m => m.Name).Order(StringComparer.Ordinal))}.";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var metrics = endpoints.ServiceProvider.GetRequiredService<AgentWardenMetrics>();
        endpoints.MapPost($"/{Contract.ExternalScaler.Descriptor.FullName}/{{method}}", context =>
        {
            Answer(context, metrics);
            return Task.CompletedTask;
        });
    }

    private static void Answer(HttpContext context, AgentWardenMetrics metrics)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is not true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        // A method that we do not serve is the caller's to invent, so its name is no label.
        metrics.Called("unknown", nameof(StatusCode.Unimplemented));
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = $"{(int)StatusCode.Unimplemented}";
        context.Response.Headers["grpc-message"] = Advice;
    }
}
