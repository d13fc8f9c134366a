using System.Diagnostics;
using System.Net;
using AgentWarden.Kernel.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry.Trace;

namespace AgentWarden.Tests.Platform.Telemetry;

/// <summary>What is in the spans of a request that comes in, of the function that it calls, and of the request that goes out.</summary>
[Collection(nameof(SpanTests))]
public sealed class SpanTests
{
    private const string Secret = "sk-very-secret";
    private static readonly (string, string)[] Collector = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")];

    [Fact]
    public async Task A_request_a_function_and_a_call_are_one_trace_and_hold_no_query_header_or_user()
    {
        List<Activity> spans = [];
        using var metrics = new AgentWardenMetrics("Test.Spans");
        var invocations = new Invocations(metrics, NullLoggerFactory.Instance);
        await using var page = await MetricsPage.StartAsync("Test.Spans", Collector,
            services => services.ConfigureOpenTelemetryTracerProvider(t => t.AddInMemoryExporter(spans)),
            app =>
            {
                app.MapPost("/work", (RequestDelegate)(async context =>
                    await invocations.RunAsync("Traced", "http", context, CallAsync, context.RequestAborted)));
                app.MapGet("/outside", (RequestDelegate)(context => context.Response.WriteAsync("there")));
                app.MapGet("/readyz", (RequestDelegate)(context => context.Response.WriteAsync("ready")));
            });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/work?sig={Secret}") { Content = new StringContent(Secret) };
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.Headers.Add("aeg-sas-key", Secret);
        request.Headers.Authorization = new("Bearer", Secret);
        // A caller elsewhere: in this process it would be traced too.
        using var caller = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = page.Http.BaseAddress };
        using var answer = await caller.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await caller.GetStringAsync("/readyz");
        await caller.GetStringAsync("/metrics");
        await UntilAsync(() => Mine().Count(s => s.Kind == ActivityKind.Server) == 2, () => string.Join('\n', spans.ToArray().Select(s =>
            $"{s.Kind} {s.DisplayName} {s.TraceId} {s.SpanId} {s.ParentSpanId} {string.Join(' ', s.TagObjects)}")));

        var server = Mine().Single(s => s.Kind == ActivityKind.Server && s.ParentSpanId.ToHexString() == "b7ad6b7169203331");
        var function = Mine().Single(s => s.DisplayName == "Traced");
        var client = Mine().Single(s => s.Kind == ActivityKind.Client && s.ParentSpanId == function.SpanId);
        Assert.Equal(server.SpanId, function.ParentSpanId);
        Assert.Equal("Traced", function.GetTagItem("faas.name"));
        Assert.EndsWith("/outside", Assert.IsType<string>(client.GetTagItem("url.full")), StringComparison.Ordinal);
        Assert.All(Mine(), span =>
        {
            var all = string.Join('\n', span.TagObjects.Select(t => $"{t.Key}={t.Value}").Append(span.DisplayName).Append(span.StatusDescription));
            Assert.DoesNotContain(Secret, all, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, string.Join('\n', span.Events.SelectMany(e => e.Tags).Select(t => t.Value)), StringComparison.Ordinal);
            Assert.DoesNotContain("user", all, StringComparison.OrdinalIgnoreCase);
        });
        // Probes and scrapes are no work.
        Assert.DoesNotContain(spans.ToArray(), s => s.GetTagItem("url.path") is "/readyz" or "/metrics" && s.Kind == ActivityKind.Server);

        Activity[] Mine() => [.. spans.ToArray().Where(s => s.TraceId.ToHexString() == "0af7651916cd43dd8448eb211c80319c")];

        async Task<int> CallAsync(HttpContext context, CancellationToken cancellation)
        {
            using var http = new HttpClient();
            var here = $"{context.Request.Host}/outside?sv=1&sig={Secret}&key={Secret}#{Secret}";
            using var outside = new HttpRequestMessage(HttpMethod.Get, $"http://user:{Secret}@{here}");
            outside.Headers.Authorization = new("Bearer", Secret);
            outside.Headers.Add("x-api-key", Secret);
            using var answered = await http.SendAsync(outside, cancellation);
            return (int)answered.StatusCode;
        }
    }

    [Fact]
    public async Task Without_a_collector_there_is_no_tracer_and_nobody_makes_a_span()
    {
        foreach (var settings in new (string, string)[][]
            { [], [("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:1")], [.. Collector, ("OTEL_TRACES_EXPORTER", "none")], [.. Collector, ("OTEL_SDK_DISABLED", "true")] })
        {
            var current = new List<Activity?>();
            TracerProvider? tracer = null;
            await using var page = await MetricsPage.StartAsync("Test.NoSpans", settings, map: app =>
            {
                tracer = app.Services.GetService<TracerProvider>();
                app.MapGet("/work", (RequestDelegate)(context =>
                {
                    current.Add(Activity.Current);
                    return context.Response.WriteAsync("done");
                }));
            });
            await page.Http.GetStringAsync("/work");
            Assert.Null(tracer);
            Assert.Null(Assert.Single(current));
        }
    }

    private static async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        for (var wait = 0; wait < 1000 && !condition(); wait++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition(), otherwise());
    }
}

/// <summary>Listeners of spans are one for the whole process: what asks whether there is one runs alone.</summary>
[CollectionDefinition(nameof(SpanTests), DisableParallelization = true)]
public sealed class SpanTestsCollection;
