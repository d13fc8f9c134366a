using AgentWarden.Kernel.Telemetry;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>From an HTTP/2 request to a gRPC method and back (PROTOCOL-HTTP2.md).</summary>
internal sealed class GrpcApplication(Readiness readiness, AgentWardenMetrics metrics, ILogger logger)
{
    public async Task ProcessAsync(IFeatureCollection context, GrpcMethods methods)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = new GrpcResponse(context);
        if (GrpcRequest.Refusal(request.Method, request.Headers.ContentType) is { } refused)
        {
            metrics.Refused(refused);
            response.Refuse(refused);
            return;
        }

        var aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        var method = methods.Find(request.Path);
        var status = await AnswerAsync(context, request, response, method, methods, aborted);
        // A path that we do not serve is the caller's to invent, so it is no label.
        metrics.Called(method?.Name ?? "unknown", status?.ToString() ?? "Cancelled");
        if (status == GrpcStatus.Unavailable || readiness.IsDraining)
        {
            // GOAWAY: the client's next call goes over another connection, which a Service leads to the replica that can answer.
            context.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>Runs the call and ends its answer. The status; null when nobody is there any more.</summary>
    private async Task<GrpcStatus?> AnswerAsync(IFeatureCollection context, IHttpRequestFeature request, GrpcResponse response, GrpcMethod? method, GrpcMethods methods, CancellationToken aborted)
    {
        try
        {
            await CallAsync(context, request, response, method ?? throw methods.Unknown(request.Path), methods.MaxMessageBytes, aborted);
            return response.End(GrpcStatus.Ok, null);
        }
        catch (GrpcException e)
        {
            return response.End(e.Status, e.Message);
        }
        catch (BadHttpRequestException)
        {
            return response.End(GrpcStatus.Internal, "The request could not be read: it is cut short, too slow, or not what its headers say.");
        }
        catch (Exception e) when (e is ConnectionResetException || (aborted.IsCancellationRequested && e is OperationCanceledException or IOException))
        {
            // The caller has cancelled or is gone; nobody is there to be answered.
            logger.LogDebug("A caller left before it was answered at {Path}.", request.Path);
            return null;
        }
        catch (Exception e)
        {
            logger.LogError(e, "The call of {Path} failed.", request.Path);
            return response.End(GrpcStatus.Internal, "The method failed. The log of this process says why; the call may be repeated.");
        }
    }

    private async Task CallAsync(IFeatureCollection context, IHttpRequestFeature request, GrpcResponse response, GrpcMethod method, int maxMessageBytes, CancellationToken aborted)
    {
        if (!string.Equals(request.Headers.TE, "trailers", StringComparison.OrdinalIgnoreCase))
        {
            throw new GrpcException(GrpcStatus.Internal, "The header \"te: trailers\" is missing: a proxy on the way does not pass on what gRPC needs.");
        }

        using var deadline = new CancellationTokenSource();
        if (GrpcTimeout.Parse(request.Headers["grpc-timeout"]) is { } timeout)
        {
            deadline.CancelAfter(timeout);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, deadline.Token, method.IsStream ? readiness.Draining : CancellationToken.None);
        try
        {
            var body = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            var message = await GrpcRequest.ReadAsync(body, method.Parse, maxMessageBytes, request.Headers["grpc-encoding"], either.Token);
            await RunAsync(method, message, response, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            throw deadline.IsCancellationRequested
                ? new GrpcException(GrpcStatus.DeadlineExceeded, "The caller's deadline has passed.")
                : new GrpcException(GrpcStatus.Unavailable, "The process is shutting down. Open the stream again: another replica serves it.");
        }
    }

    private async Task RunAsync(GrpcMethod method, IMessage message, GrpcResponse response, CancellationToken cancellation)
    {
        if (!method.IsStream)
        {
            await method.RunAsync(message, response.SendAsync, cancellation);
            return;
        }

        metrics.Streaming(method.Name, 1);
        try
        {
            await method.RunAsync(message, response.SendAsync, cancellation);
        }
        finally
        {
            metrics.Streaming(method.Name, -1);
        }
    }
}
