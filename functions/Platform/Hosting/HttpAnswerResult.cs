using System.Globalization;
using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Http;

namespace AgentWarden.Platform.Hosting;

/// <summary>A plain answer, as ASP.NET Core writes it.</summary>
internal sealed class HttpAnswerResult(HttpAnswer answer) : IResult
{
    public HttpAnswer Answer => answer;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        if (answer.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (name, value) in answer.Headers ?? [])
        {
            response.Headers[name] = value;
        }

        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            await response.BodyWriter.WriteAsync(answer.Body, httpContext.RequestAborted);
        }
    }
}
