using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Kernel.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public void Metrics_are_printed_as_Prometheus_reads_them()
    {
        using var exporter = new PrometheusExporter("Test.Exporter");
        using var meter = new Meter("Test.Exporter");
        var calls = meter.CreateCounter<long>("calls", description: "All\ncalls.");
        var latency = meter.CreateHistogram<double>("latency", "s", "How long.");
        var level = meter.CreateUpDownCounter<int>("level");
        meter.CreateObservableGauge("queue.depth", () => new Measurement<long>(7, new KeyValuePair<string, object?>("function", "F")));

        calls.Add(1, new KeyValuePair<string, object?>("path", "a\"b\\c\nd"));
        calls.Add(2, new KeyValuePair<string, object?>("path", "a\"b\\c\nd"));
        latency.Record(0.002);
        latency.Record(99);
        level.Add(5);
        level.Add(-2);

        var text = exporter.Scrape();
        Assert.Contains("# HELP calls_total All\\ncalls.\n# TYPE calls_total counter\ncalls_total{path=\"a\\\"b\\\\c\\nd\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE latency_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_bucket{le=\"0.001\"} 0\nlatency_seconds_bucket{le=\"0.0025\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_bucket{le=\"30\"} 1\nlatency_seconds_bucket{le=\"+Inf\"} 2\nlatency_seconds_sum 99.002\nlatency_seconds_count 2\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE level gauge\nlevel 3\n", text, StringComparison.Ordinal);
        Assert.Contains("queue_depth{function=\"F\"} 7\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Matches("""^(# (HELP|TYPE) [a-z_]+ ?.*|[a-z_]+(\{[a-z_]+="(\\.|[^"\\])*"(,[a-z_]+="(\\.|[^"\\])*")*\})? \S+)$""", l));
    }

    [Fact]
    public async Task A_call_is_counted_with_its_failure()
    {
        using var exporter = new PrometheusExporter();
        using var metrics = new AgentWardenMetrics();
        using var log = new MemoryStream();
        var invocations = new Invocations(metrics, new StdoutLoggerFactory(LogLevel.Information, log, json: true));
        await Assert.ThrowsAsync<FormatException>(() => invocations.RunAsync<int, int>("Counted", "timer", 0, (_, _) => throw new FormatException("sk-secret"), CancellationToken.None));
        metrics.Admitted("Counted", "patched");
        metrics.Observe("agentwarden.test.depth", "Depth.", () => 3);

        var text = exporter.Scrape();
        Assert.Contains("agentwarden_function_invocations_total{function=\"Counted\",trigger=\"timer\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_function_failures_total{function=\"Counted\",error=\"FormatException\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_function_duration_seconds_count{function=\"Counted\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_admission_reviews_total{function=\"Counted\",outcome=\"patched\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_test_depth 3\n", text, StringComparison.Ordinal);

        var line = Encoding.UTF8.GetString(log.ToArray());
        Assert.DoesNotContain("sk-secret", line, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(line);
        Assert.Equal("error", json.RootElement.GetProperty("level").GetString());
        Assert.Equal("Counted", json.RootElement.GetProperty("Function").GetString());
        Assert.Equal("System.FormatException", json.RootElement.GetProperty("exception").GetString());
    }

    [Fact]
    public void A_label_that_grows_without_end_is_cut()
    {
        using var exporter = new PrometheusExporter("Test.Cut");
        using var meter = new Meter("Test.Cut");
        var counter = meter.CreateCounter<long>("cut");
        for (var i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        Assert.Equal(2002, exporter.Scrape().Count(c => c == '\n'));
    }

    [Fact]
    public void A_text_line_stays_one_line_and_a_level_is_kept()
    {
        using var log = new MemoryStream();
        using var factory = new StdoutLoggerFactory(LogLevel.Information, log, json: false);
        var logger = factory.CreateLogger("AgentWarden.Some.Where");
        logger.LogDebug("hidden");
        logger.LogInformation("two\nlines {Value}", 5);
        factory.CreateLogger("Microsoft.AspNetCore").LogInformation("noise");
        Assert.Matches("^[0-9:.]+ info Where: two lines 5\n$", Encoding.UTF8.GetString(log.ToArray()));
    }

    [Fact]
    public void Messages_are_shown_only_of_exceptions_that_hold_no_data()
    {
        Assert.Equal("System.InvalidOperationException <- System.IO.IOException: broken pipe", SafeException.Describe(new InvalidOperationException("sk-1", new IOException("broken pipe"))));
        Assert.Contains("gone", SafeException.Describe(new KubernetesException("gone")), StringComparison.Ordinal);
        Assert.Contains("port", SafeException.Describe(new HostingException("port")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_SERVICE_NAME", "mine", "mine")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "service.name=theirs,service.version=2", "theirs")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "service.version=2", "agent-warden")]
    public void The_service_has_the_name_that_is_set(string setting, string value, string name)
    {
        var before = Environment.GetEnvironmentVariable(setting);
        try
        {
            Environment.SetEnvironmentVariable(setting, value);
            Assert.Equal(name, OtlpExport.Resource().Build().Attributes.Single(a => a.Key == "service.name").Value);
        }
        finally
        {
            Environment.SetEnvironmentVariable(setting, before);
        }
    }

    [Fact]
    public void OpenTelemetry_starts_only_when_an_endpoint_is_set()
    {
        Assert.Null(OtlpExport.Start(TestFunctions.Settings()));
        Assert.Null(OtlpExport.Start(TestFunctions.Settings(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_SDK_DISABLED", "true"))));
        using var started = OtlpExport.Start(TestFunctions.Settings(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_METRICS_EXPORTER", "none")));
        Assert.NotNull(started);
    }
}
