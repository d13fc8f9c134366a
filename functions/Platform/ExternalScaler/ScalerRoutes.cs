using Microsoft.AspNetCore.Routing;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>The same figures as JSON, for KEDA's metrics-api scaler (<c>valueLocation: backlog</c>) and for people.</summary>
internal static class ScalerRoutes
{
    private const string Root = "scaler";

    private static readonly string[] Reading = ["GET", "HEAD"];
    private static readonly HttpAnswer Refused = HttpAnswer.OfText(503, StandingBy.Advice + "\n") with { RetryAfterSeconds = 1 };

    public static void Map(IEndpointRouteBuilder endpoints, HttpCalls calls, IBacklog backlog)
    {
        FunctionEndpoints.Map(endpoints, Root, Reading, calls, (_, _) => Task.FromResult(backlog.Works ? All(backlog) : Refused));
        FunctionEndpoints.Map(endpoints, $"{Root}/{{function}}", Reading, calls, (call, _) =>
            Task.FromResult(backlog.Works ? One(backlog, call.Path.TrimEnd('/').Split('/')[^1]) : Refused));
    }

    private static HttpAnswer All(IBacklog backlog)
    {
        var each = backlog.Functions.Order(StringComparer.Ordinal).Select(f => (Function: f, Figures: backlog.Read(f))).ToArray();
        return Json(writer =>
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

    private static HttpAnswer One(IBacklog backlog, string asked)
    {
        var function = backlog.Functions.FirstOrDefault(f => f.Equals(asked, StringComparison.OrdinalIgnoreCase));
        return function is null
            ? HttpAnswer.OfText(404, $"No function of this name has a backlog. Functions: {string.Join(", ", backlog.Functions.Order(StringComparer.Ordinal))}.\n")
            : Json(writer => Write(writer, function, backlog.Read(function)));
    }

    private static HttpAnswer Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return new HttpAnswer(200, HttpAnswer.Json, stream.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, string? function, BacklogFigures figures)
    {
        writer.WriteStartObject();
        if (function is not null)
        {
            writer.WriteString("function", function);
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
