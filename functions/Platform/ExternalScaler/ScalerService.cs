using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.ExternalScaler.Contract;
using Grpc.Core;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>
/// KEDA's external push scaler over the backlog of the event functions.
/// StreamMetricSpec, which is optional and which KEDA does without, is not served: targets do not change by themselves.
/// </summary>
/// <param name="backlog">The figures.</param>
/// <param name="clock">Paces what a stream says.</param>
/// <param name="draining">Fires when the process is told to end: streams have no end of their own.</param>
internal sealed class ScalerService(IBacklog backlog, TimeProvider clock, CancellationToken draining) : Contract.ExternalScaler.ExternalScalerBase
{
    public override Task<IsActiveResponse> IsActive(ScaledObjectRef request, ServerCallContext context)
    {
        var settings = Settings(request);
        return Task.FromResult(new IsActiveResponse { Result = ScalerDecision.IsActive(settings, Figures(settings)) });
    }

    public override async Task StreamIsActive(
        ScaledObjectRef request, IServerStreamWriter<IsActiveResponse> responseStream, ServerCallContext context)
    {
        var stream = new ActivityStream(backlog, Settings(request), clock);
        if (draining.IsCancellationRequested)
        {
            throw ShuttingDown();
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, draining);
        try
        {
            // Given the token, the library would cancel the call at the drain, and the caller would not learn why.
            await stream.RunAsync(
                (active, token) => new(responseStream.WriteAsync(new() { Result = active }, CancellationToken.None).WaitAsync(token)), either.Token);
        }
        catch (OperationCanceledException) when (draining.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw ShuttingDown();
        }
    }

    public override Task<GetMetricSpecResponse> GetMetricSpec(ScaledObjectRef request, ServerCallContext context) =>
        Task.FromResult(ScalerDecision.Spec(Settings(request)));

    public override Task<GetMetricsResponse> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        var settings = Settings(request.ScaledObjectRef ?? new());
        return Task.FromResult(ScalerDecision.Value(settings, Figures(settings)));
    }

    private static RpcException ShuttingDown() =>
        ScalerStatus.Of(StatusCode.Unavailable, "The process is shutting down. Open the stream again: another replica serves it.");

    private BacklogFigures Figures(ScalerSettings settings) => ScalerFigures.Read(backlog, settings.Functions);

    private ScalerSettings Settings(ScaledObjectRef about)
    {
        StandingBy.Refuse(backlog);
        var reading = ScalerDecision.Read(about.ScalerMetadata, backlog.Functions);
        return reading.Settings ?? throw ScalerStatus.Of(
            StatusCode.InvalidArgument, $"ScaledObject {about.Namespace}/{about.Name}, metadata of the trigger: {reading.Problem}");
    }
}
