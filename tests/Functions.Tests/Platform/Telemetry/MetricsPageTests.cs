using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Platform.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Platform.Telemetry;

public sealed class MetricsPageTests
{
    /// <summary>
    /// The golden file was written by the exporter of our own that this one replaced: names, labels, units, buckets, help and escapes
    /// that alerts and dashboards know. What the new one adds, it adds in a family of its own.
    /// </summary>
    [Fact]
    public async Task A_scrape_says_what_it_said_before_the_exporter_was_OpenTelemetrys()
    {
        const string Meter = "Test.Scrape";
        await using var page = await MetricsPage.StartAsync(Meter);
        using var metrics = new AgentWardenMetrics(Meter);
        metrics.Invoked("SecretProvisioning", "event", TimeSpan.FromMilliseconds(2), null);
        metrics.Invoked("SecretProvisioning", "event", TimeSpan.FromSeconds(99), "FormatException");
        metrics.Admitted("CredentialInjection", "patched");
        metrics.Delivered("SecretProvisioning", "answered");
        metrics.Refused(404);
        metrics.Called("IsActive", "Ok");
        metrics.Called("IsActive", "Ok");
        metrics.Streaming("StreamIsActive", 1);
        metrics.Observe("agentwarden.bridge.watched", "Objects that are watched, over all kinds.", () => 7);
        metrics.Observe("agentwarden.bridge.oldest_seconds", "Age of the oldest change that was not looked at.",
            () => [new Measurement<long>(3, new KeyValuePair<string, object?>("function", "a\"b\\c\nd"))]);

        var before = await File.ReadAllLinesAsync(Path.Combine(Folder(), "scrape.golden.txt"));
        var after = (await page.GetAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            before.Select(Canonical).Order(StringComparer.Ordinal),
            after.Where(l => !l.Contains("target_info", StringComparison.Ordinal)).Select(Canonical).Order(StringComparer.Ordinal));
        Assert.Contains(after, l => l.StartsWith("target_info{", StringComparison.Ordinal)
            && l.Contains("service_name=\"agent-warden\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_answers_GET_and_HEAD_in_plain_text_and_is_not_empty_before_anything_was_counted()
    {
        await using var page = await MetricsPage.StartAsync("Test.Nothing");
        using var get = await page.Http.GetAsync("/metrics");
        Assert.Equal("text/plain", get.Content.Headers.ContentType?.MediaType);
        Assert.NotEqual("", (await get.Content.ReadAsStringAsync()).Trim());
        using var head = await page.Http.SendAsync(new(HttpMethod.Head, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        using var post = await page.Http.PostAsync("/metrics", new StringContent(""));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
    }

    /// <summary>Prometheus asks for this format first.</summary>
    [Fact]
    public async Task A_scraper_that_reads_OpenMetrics_gets_the_same_names()
    {
        await using var page = await MetricsPage.StartAsync("Test.OpenMetrics");
        using var metrics = new AgentWardenMetrics("Test.OpenMetrics");
        metrics.Called("IsActive", "Ok");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.ParseAdd("application/openmetrics-text;version=1.0.0");
        using var answer = await page.Http.SendAsync(request);
        Assert.Equal("application/openmetrics-text", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("agentwarden_grpc_calls_total{method=\"IsActive\",status=\"Ok\"} 1", text, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_counted_with_its_failure()
    {
        await using var page = await MetricsPage.StartAsync("Test.Failure");
        using var metrics = new AgentWardenMetrics("Test.Failure");
        var invocations = new Invocations(metrics, new StdoutLoggerFactory(LogLevel.None, Stream.Null, json: true));
        await Assert.ThrowsAsync<FormatException>(() => invocations.RunAsync<int, int>(
            "Counted", "timer", 0, (_, _) => throw new FormatException("sk-secret"), CancellationToken.None));
        metrics.Observe("agentwarden.test.depth", "Depth.", () => 3);

        var text = await page.GetAsync();
        Assert.Contains("agentwarden_function_invocations_total{function=\"Counted\",trigger=\"timer\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_function_failures_total{", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_function_duration_seconds_count{function=\"Counted\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("agentwarden_test_depth{} 3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_label_that_grows_without_end_is_cut()
    {
        await using var page = await MetricsPage.StartAsync("Test.Cut");
        using var meter = new Meter("Test.Cut");
        var counter = meter.CreateCounter<long>("cut");
        for (var i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var series = (await page.GetAsync()).Split('\n').Where(l => l.StartsWith("cut_total{", StringComparison.Ordinal)).ToArray();
        Assert.InRange(series.Length, TelemetryServices.MaxSeries - 1, TelemetryServices.MaxSeries + 1);
        // Nothing is lost of the sum.
        Assert.Contains(series, s => s.StartsWith("cut_total{otel_metric_overflow=\"true\"} ", StringComparison.Ordinal));
        Assert.Equal(5000, series.Sum(s => int.Parse(s[(s.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_gauge_that_fails_does_not_hide_the_others()
    {
        await using var page = await MetricsPage.StartAsync("Test.Fails");
        using var metrics = new AgentWardenMetrics("Test.Fails");
        metrics.Observe("agentwarden.test.broken", "Broken.", Broken);
        metrics.Observe("agentwarden.test.whole", "Whole.", () => 3);
        Assert.Contains("agentwarden_test_whole{} 3\n", await page.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_collector_for_metrics_the_page_shows_HTTP_and_the_runtime_too_and_without_one_it_does_not()
    {
        await using var alone = await MetricsPage.StartAsync("Test.Alone");
        await using var beside = await MetricsPage.StartAsync("Test.Beside", [("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:1")]);
        await beside.SaysAsync("http_server_request_duration_seconds_count{");
        await beside.SaysAsync("http_client_request_duration_seconds_count{");
        await beside.SaysAsync("dotnet_gc_collections_total{");
        Assert.DoesNotContain("http_server", await alone.GetAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("dotnet_", await alone.GetAsync(), StringComparison.Ordinal);
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
            var resource = TelemetryServices.Describe(OpenTelemetry.Resources.ResourceBuilder.CreateDefault()).Build();
            Assert.Equal(name, resource.Attributes.Single(a => a.Key == "service.name").Value);
        }
        finally
        {
            Environment.SetEnvironmentVariable(setting, before);
        }
    }

    [Fact]
    public async Task Without_the_SDK_the_page_says_so()
    {
        await using var page = await MetricsPage.StartAsync("Test.Disabled", [("OTEL_SDK_DISABLED", "true")]);
        Assert.Equal("# No metrics: OTEL_SDK_DISABLED is true.\n", await page.GetAsync());
        using var head = await page.Http.SendAsync(new(HttpMethod.Head, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    /// <summary>Labels are a set: in one order, and no braces around none.</summary>
    private static string Canonical(string line) => line.Replace("{}", "", StringComparison.Ordinal) is var sample && sample.Contains('{', StringComparison.Ordinal)
        ? $"{sample[..sample.IndexOf('{', StringComparison.Ordinal)]} {string.Join(',', sample[(sample.IndexOf('{', StringComparison.Ordinal) + 1)..sample.LastIndexOf('}')].Split(',').Order(StringComparer.Ordinal))}{sample[sample.LastIndexOf('}')..]}"
        : sample;

    private static long Broken() => throw new ObjectDisposedException("owner");

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
