using System.Text;
using System.Text.Json;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Kernel.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public async Task A_call_that_fails_is_one_line_with_its_fields_and_without_the_text_of_the_failure()
    {
        using var metrics = new AgentWardenMetrics("Test.Logged");
        using var log = new MemoryStream();
        var invocations = new Invocations(metrics, new StdoutLoggerFactory(LogLevel.Information, log, json: true));
        await Assert.ThrowsAsync<FormatException>(() => invocations.RunAsync<int, int>(
            "Counted", "timer", 0, (_, _) => throw new FormatException("sk-secret"), CancellationToken.None));

        var line = Encoding.UTF8.GetString(log.ToArray());
        Assert.DoesNotContain("sk-secret", line, StringComparison.Ordinal);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("error", json.RootElement.GetProperty("level").GetString());
        Assert.Equal("Counted", json.RootElement.GetProperty("Function").GetString());
        Assert.Equal("System.FormatException", json.RootElement.GetProperty("exception").GetString());
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

}
