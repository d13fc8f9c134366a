using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>The scaler as a part of an ASP.NET Core application: KEDA's gRPC service, and the same figures as JSON.</summary>
internal static class ScalerEndpoints
{
    /// <param name="services">The application's.</param>
    /// <param name="backlog">The figures.</param>
    /// <param name="metrics">Where calls are counted.</param>
    /// <param name="clock">Paces what a stream says.</param>
    /// <param name="draining">Fires when the process is told to end, before its listeners close.</param>
    public static void AddServices(
        IServiceCollection services, IBacklog backlog, AgentWardenMetrics metrics, TimeProvider clock, CancellationToken draining)
    {
        services.Configure<KestrelServerOptions>(ScalerLimits.Set);
        services.AddSingleton(backlog);
        services.AddSingleton(metrics);
        services.AddSingleton(new ScalerService(backlog, clock, draining));
        services.AddSingleton(p => new ScalerCalls(
            metrics, p.GetRequiredService<ILoggerFactory>().CreateLogger("AgentWarden.ExternalScaler")));
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = ScalerLimits.MaxMessageBytes;
            // Its catch-all would take paths of two segments away from the application's other endpoints.
            options.IgnoreUnknownServices = true;
            options.Interceptors.Add<ScalerCalls>();
        });
        // A message is limited as it arrives; what it would become unpacked is not. KEDA packs none. (Afterwards: the library adds gzip.)
        services.PostConfigure<GrpcServiceOptions>(options => options.CompressionProviders.Clear());
    }

    /// <summary>For a listener that speaks HTTP/2.</summary>
    public static void MapGrpc(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ScalerService>();
        UnknownMethod.Map(endpoints);
    }

    public static void MapJson(IEndpointRouteBuilder endpoints) =>
        ScalerRoutes.Map(endpoints, endpoints.ServiceProvider.GetRequiredService<IBacklog>());
}
