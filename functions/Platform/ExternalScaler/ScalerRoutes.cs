using System.Buffers;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>The same figures as JSON, for KEDA's metrics-api scaler (<c>valueLocation: backlog</c>) and for people.</summary>
internal static class ScalerRoutes
{
    private const string Function = "function";

    private static readonly string[] Reading = ["GET", "HEAD"];

    public static void Map(IEndpointRouteBuilder endpoints, IBacklog backlog)
    {
        endpoints.MapMethods("/scaler", Reading, context => backlog.Works ? AllAsync(context, backlog) : RefuseAsync(context));
        endpoints.MapMethods($"/scaler/{{{Function}}}", Reading, context => backlog.Works ? OneAsync(context, backlog) : RefuseAsync(context));
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return SayAsync(context, StatusCodes.Status503ServiceUnavailable, StandingBy.Advice + "\n");
    }

    private static Task AllAsync(HttpContext context, IBacklog backlog)
    {
        var each = Names(backlog).Select(f => (Function: f, Figures: backlog.Read(f))).ToArray();
        return JsonAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("all");
            Write(writer, null, ScalerDecision.Sum(each.Select(e => e.Figures)));
            writer.WriteStartArray("functions");
            foreach (var (function, figures) in each)
            {
                Write(writer, function, figures);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static Task OneAsync(HttpContext context, IBacklog backlog)
    {
        var asked = (string?)context.Request.RouteValues[Function];
        var function = backlog.Functions.FirstOrDefault(f => f.Equals(asked, StringComparison.OrdinalIgnoreCase));
        return function is null
            ? SayAsync(context, StatusCodes.Status404NotFound,
                $"No function of this name has a backlog. Functions: {string.Join(", ", Names(backlog))}.\n")
            : JsonAsync(context, writer => Write(writer, function, backlog.Read(function)));
    }

    private static IOrderedEnumerable<string> Names(IBacklog backlog) => backlog.Functions.Order(StringComparer.Ordinal);

    private static Task SayAsync(HttpContext context, int status, string text) =>
        SendAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    private static Task JsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            write(writer);
        }

        return SendAsync(context, StatusCodes.Status200OK, MediaTypeNames.Application.Json, body.WrittenMemory);
    }

    /// <summary>The server leaves the body out for HEAD.</summary>
    private static Task SendAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static void Write(Utf8JsonWriter writer, string? function, BacklogFigures figures)
    {
        writer.WriteStartObject();
        if (function is not null)
        {
            writer.WriteString(Function, function);
        }

        writer.WriteBoolean("active", figures.Work > 0);
        writer.WriteNumber("backlog", figures.Work);
        writer.WriteNumber("waiting", figures.Waiting);
        writer.WriteNumber("inFlight", figures.InFlight);
        writer.WriteNumber("delayed", figures.Delayed);
        writer.WriteNumber("failing", figures.Failing);
        writer.WriteEndObject();
    }
}
