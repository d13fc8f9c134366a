using AgentWarden.Platform.ExternalScaler.Contract;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting.Grpc;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>KEDA's external push scaler over the backlog of the event functions.</summary>
internal sealed class ScalerService(IBacklog backlog, TimeProvider clock)
{
    private const string Service = "externalscaler.ExternalScaler";

    /// <summary>To be served by a listener. StreamMetricSpec, which is optional and which KEDA does without, is not among them: targets do not change by themselves.</summary>
    public GrpcMethods Methods() => new(
        GrpcMethod.Unary(Service, "IsActive", ScaledObjectRef.Parser, IsActiveAsync),
        GrpcMethod.Stream<ScaledObjectRef, IsActiveResponse>(Service, "StreamIsActive", ScaledObjectRef.Parser, StreamIsActiveAsync),
        GrpcMethod.Unary(Service, "GetMetricSpec", ScaledObjectRef.Parser, GetMetricSpecAsync),
        GrpcMethod.Unary(Service, "GetMetrics", GetMetricsRequest.Parser, GetMetricsAsync));

    private Task<IsActiveResponse> IsActiveAsync(ScaledObjectRef about, CancellationToken cancellation)
    {
        var settings = Settings(about);
        return Task.FromResult(new IsActiveResponse { Result = ScalerDecision.IsActive(settings, ScalerFigures.Read(backlog, settings.Functions)) });
    }

    private Task StreamIsActiveAsync(ScaledObjectRef about, GrpcSend<IsActiveResponse> send, CancellationToken cancellation) =>
        new ActivityStream(backlog, Settings(about), clock).RunAsync((active, token) => send(new() { Result = active }, token), cancellation);

    private Task<GetMetricSpecResponse> GetMetricSpecAsync(ScaledObjectRef about, CancellationToken cancellation) =>
        Task.FromResult(ScalerDecision.Spec(Settings(about)));

    private Task<GetMetricsResponse> GetMetricsAsync(GetMetricsRequest request, CancellationToken cancellation)
    {
        var settings = Settings(request.ScaledObjectRef ?? new());
        return Task.FromResult(ScalerDecision.Value(settings, ScalerFigures.Read(backlog, settings.Functions)));
    }

    private ScalerSettings Settings(ScaledObjectRef about)
    {
        StandingBy.Refuse(backlog);
        var reading = ScalerDecision.Read(about.ScalerMetadata, backlog.Functions);
        return reading.Settings ?? throw new GrpcException(GrpcStatus.InvalidArgument, $"ScaledObject {about.Namespace}/{about.Name}, metadata of the trigger: {reading.Problem}");
    }
}
