using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Kernel.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>From a request of the server to a handler and back. Works on the server's features: no context object is made for a request.</summary>
internal sealed class RequestApplication(Readiness readiness, AgentWardenMetrics metrics, ILogger logger) : IHttpApplication<IFeatureCollection>
{
    private static readonly HttpAnswer Failed = HttpAnswer.OfText(500, "The function failed. The log of this process says why; the call may be repeated.\n");
    private static readonly HttpAnswer Stopping = HttpAnswer.OfText(503, "The process is shutting down. Repeat the call: another replica answers.\n") with { RetryAfterSeconds = 1 };
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    private readonly GrpcApplication _grpc = new(readiness, metrics, logger);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        var listener = context.GetRequiredFeature<Listener>();
        return listener.Grpc is null ? ProcessAsync(context, listener) : _grpc.ProcessAsync(context, listener.Grpc);
    }

    private async Task ProcessAsync(IFeatureCollection context, Listener listener)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        if (readiness.IsDraining)
        {
            // A client that keeps its connection would go on sending here after the endpoint is gone.
            context.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        var routes = listener.Routes.Find(request.Path);
        if (routes is null)
        {
            await RefuseAsync(context, HttpAnswer.OfText(404, $"Nothing is served here. Paths on this port: {string.Join(", ", listener.Routes.Paths)}\n"));
            return;
        }

        var route = Array.Find(routes, r => r.Takes(request.Method));
        if (route is null)
        {
            var allowed = string.Join(", ", routes.SelectMany(r => r.Methods).Distinct(StringComparer.Ordinal));
            context.GetRequiredFeature<IHttpResponseFeature>().Headers.Allow = allowed;
            await RefuseAsync(context, HttpAnswer.OfText(405, $"This path takes {allowed}.\n"));
            return;
        }

        if (route.JsonOnly && UnsupportedMediaType(request.Headers) is { } problem)
        {
            await RefuseAsync(context, HttpAnswer.OfText(415, problem));
            return;
        }

        await HandleAsync(context, request, route, listener.MaxBodyBytes);
    }

    private async Task HandleAsync(IFeatureCollection context, IHttpRequestFeature request, HttpRoute route, int limit)
    {
        var cancellation = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        var body = default(RequestBody);
        try
        {
            if (context.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false)
            {
                body = await RequestBody.ReadAsync(context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, request.Headers.ContentLength, limit, cancellation);
                if (body.TooLarge)
                {
                    context.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
                    await RefuseAsync(context, HttpAnswer.OfText(413, $"The body is larger than {limit} bytes. Send less at a time.\n"));
                    return;
                }
            }

            var answer = await AnswerAsync(route, new HttpCall(request.Method, request.Path, new RequestHeaders(request.Headers), body.Memory), cancellation);
            await WriteAsync(context, answer, withBody: request.Method != "HEAD");
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, HttpAnswer.OfText(e.StatusCode, "The request's body could not be read: it is cut short, too slow, or not what its headers say.\n"));
        }
        catch (Exception e) when (e is ConnectionResetException || (cancellation.IsCancellationRequested && e is OperationCanceledException or IOException))
        {
            // The caller is gone; nobody is there to be answered.
            logger.LogDebug("A caller left before it was answered at {Path}.", request.Path);
        }
        finally
        {
            body.Release();
        }
    }

    private async Task<HttpAnswer> AnswerAsync(HttpRoute route, HttpCall call, CancellationToken cancellation)
    {
        try
        {
            return await route.Handler(call, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // Invocations has logged what a function threw; this line is for what fails around it.
            logger.LogError(e, "The answer to {Method} {Path} failed.", call.Method, call.Path);
            return readiness.IsDraining ? Stopping : Failed;
        }
    }

    private static string? UnsupportedMediaType(IHeaderDictionary headers)
    {
        if (headers.ContentEncoding.Count > 0 && headers.ContentEncoding != "identity")
        {
            return "Send the body without Content-Encoding.\n";
        }

        var type = headers.ContentType.ToString();
        // Binary CloudEvents carry any type, and the codec has a better answer for the formats of CloudEvents that it does not read.
        var accepted = type.Length == 0 || MediaTypes.IsJson(type) || MediaTypes.IsCloudEvents(type) || headers.ContainsKey("ce-specversion");
        return accepted ? null : "Send JSON, with Content-Type: application/json.\n";
    }

    private Task RefuseAsync(IFeatureCollection context, HttpAnswer answer)
    {
        metrics.Refused(answer.Status);
        return WriteAsync(context, answer, withBody: context.GetRequiredFeature<IHttpRequestFeature>().Method != "HEAD");
    }

    private static async Task WriteAsync(IFeatureCollection context, HttpAnswer answer, bool withBody)
    {
        var body = answer.Body;
        var type = answer.ContentType;
        if (body.IsEmpty && answer.Status is >= 200 and < 300)
        {
            // Without a body the Functions host would wait for ever.
            (body, type) = (EmptyObject, HttpAnswer.Json);
        }

        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = answer.Status == 204 ? 200 : answer.Status;
        response.Headers.ContentType = type;
        response.Headers.ContentLength = body.Length;
        if (answer.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (answer.Headers is { } headers)
        {
            foreach (var (name, value) in headers)
            {
                response.Headers[name] = value;
            }
        }

        if (withBody)
        {
            await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(body);
        }
    }
}
