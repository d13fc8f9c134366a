using AgentWarden.Kernel.Telemetry;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>
/// What is the same for every call: it is counted; a fault is logged once and told without its text;
/// who should ask another replica is led there.
/// </summary>
internal sealed class ScalerCalls(AgentWardenMetrics metrics, ILogger logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = default(TResponse);
        await RunAsync(context, async () => response = await continuation(request, context));
        return response!;
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        metrics.Streaming(Name(context), 1);
        try
        {
            await RunAsync(context, () => continuation(request, responseStream, context));
        }
        finally
        {
            metrics.Streaming(Name(context), -1);
        }
    }

    /// <exception cref="RpcException">The status with which the call ends.</exception>
    private async Task RunAsync(ServerCallContext context, Func<Task> call)
    {
        var status = StatusCode.OK;
        try
        {
            await call();
        }
        catch (RpcException e)
        {
            status = e.StatusCode;
            throw;
        }
        catch (Exception e) when (context.CancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The caller's deadline, of which it was told already; else it has left, and nobody is there to be told.
            status = context.Status.StatusCode == StatusCode.DeadlineExceeded ? StatusCode.DeadlineExceeded : StatusCode.Cancelled;
            throw new RpcException(new Status(status, ""));
        }
        catch (Exception e)
        {
            status = StatusCode.Internal;
            logger.LogError(e, "The call of {Path} failed.", context.Method);
            throw ScalerStatus.Of(status, "The method failed. The log of this process says why; the call may be repeated.");
        }
        finally
        {
            metrics.Called(Name(context), Say(status));
            if (status == StatusCode.Unavailable)
            {
                // GOAWAY: the client's next call goes over another connection, which a Service leads to the replica that can answer.
                context.GetHttpContext().Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            }
        }
    }

    private static string Name(ServerCallContext context) => context.Method[(context.Method.LastIndexOf('/') + 1)..];

    /// <summary>The metric has the names that dashboards know: Ok, not OK.</summary>
    private static string Say(StatusCode status) => status == StatusCode.OK ? "Ok" : status.ToString();
}
