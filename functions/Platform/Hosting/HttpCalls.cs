using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.CloudEvents;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>Answers one request without a web framework.</summary>
internal delegate Task<HttpAnswer> HttpHandler(HttpCall call, CancellationToken cancellation);

/// <summary>From a request of ASP.NET Core to a handler and back: what may be sent, how much of it, and what is said when it fails.</summary>
/// <param name="readiness">Says when the process is about to end.</param>
/// <param name="metrics">Counts what is refused.</param>
/// <param name="logger">For what failed around a function.</param>
/// <param name="maxBodyBytes">Bodies above this are refused with 413.</param>
/// <param name="cut">Ends calls whose caller waits: behind a Functions host the server cannot, because it only knows its connection to that host.</param>
internal sealed class HttpCalls(
    Readiness readiness, AgentWardenMetrics metrics, ILogger logger, int maxBodyBytes = HttpCalls.MaxBodyBytes, CancellationToken cut = default)
{
    /// <summary>8 MB: an etcd object has at most 1.5 MB, an admission review holds it twice.</summary>
    public const int MaxBodyBytes = 8 * 1024 * 1024;

    private static readonly HttpAnswer Failed =
        HttpAnswer.OfText(500, "The function failed. The log of this process says why; the call may be repeated.\n");

    private static readonly HttpAnswer Stopping =
        HttpAnswer.OfText(503, "The process is shutting down. Repeat the call: another replica answers.\n") with { RetryAfterSeconds = 1 };

    /// <param name="request">Its body is read only when its head promises what is taken here.</param>
    /// <param name="handler">What answers.</param>
    /// <param name="cancellation">The caller has left.</param>
    public async Task<IResult> AnswerAsync(HttpRequest request, HttpHandler handler, CancellationToken cancellation)
    {
        if (UnsupportedMediaType(request.Headers) is { } problem)
        {
            return Refuse(HttpAnswer.OfText(415, problem));
        }

        var body = default(RequestBody);
        using var ends = cut.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, cut) : null;
        cancellation = ends?.Token ?? cancellation;
        try
        {
            body = await RequestBody.ReadAsync(request.BodyReader, request.ContentLength, maxBodyBytes, cancellation);
            if (body.TooLarge)
            {
                request.HttpContext.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
                return Refuse(HttpAnswer.OfText(413, $"The body is larger than {maxBodyBytes} bytes. Send less at a time.\n"));
            }

            var call = new HttpCall(request.Method, request.Path.Value ?? "", new RequestHeaders(request.Headers), body.Memory);
            return new HttpAnswerResult(await HandledAsync(handler, call, cancellation));
        }
        catch (BadHttpRequestException e)
        {
            const string Unread = "The request's body could not be read: it is cut short, too slow, or not what its headers say.\n";
            return Refuse(HttpAnswer.OfText(e.StatusCode, Unread));
        }
        catch (Exception e) when (IsCallerGone(e, cancellation))
        {
            logger.LogDebug("A call at {Path} was not answered: its caller left, or the process ends.", request.Path);
            return cut.IsCancellationRequested ? new HttpAnswerResult(Stopping) : Results.Empty;
        }
        finally
        {
            body.Release();
        }
    }

    private async Task<HttpAnswer> HandledAsync(HttpHandler handler, HttpCall call, CancellationToken cancellation)
    {
        try
        {
            return await handler(call, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Invocations has logged what a function threw; this line is for what fails around it.
            logger.LogError(e, "The answer to {Method} {Path} failed.", call.Method, call.Path);
            return readiness.IsDraining ? Stopping : Failed;
        }
    }

    private HttpAnswerResult Refuse(HttpAnswer answer)
    {
        metrics.Refused(answer.Status);
        return new(answer);
    }

    /// <summary>Nobody is there to be answered.</summary>
    private static bool IsCallerGone(Exception e, CancellationToken cancellation) =>
        e is ConnectionResetException || (cancellation.IsCancellationRequested && e is OperationCanceledException or IOException);

    private static string? UnsupportedMediaType(IHeaderDictionary headers)
    {
        if (headers.ContentEncoding.Count > 0 && headers.ContentEncoding != "identity")
        {
            return "Send the body without Content-Encoding.\n";
        }

        var type = headers.ContentType.ToString();
        // Binary CloudEvents carry any type, and their reader has a better answer for the formats that it does not know.
        var accepted = type.Length == 0 || MediaTypes.IsJson(type) || MediaTypes.IsCloudEvents(type) || headers.ContainsKey("ce-specversion");
        return accepted ? null : "Send JSON, with Content-Type: application/json.\n";
    }
}
