using AgentWarden.Kernel.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.EventBridge.Sinks;

/// <summary>The settings that concern every sink.</summary>
public sealed class SinkSettingsTests
{
    private const string Within = "AGENTWARDEN_SINK_REPORT_WITHIN";

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("00:00:30", 30)]
    public void How_long_a_report_may_take_can_be_set(string? text, int? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, Read(text).ReportWithin);

    [Theory]
    [InlineData("soon")]
    [InlineData("00:00:00")]
    [InlineData("-00:05:00")]
    public void A_time_that_is_none_is_refused_by_the_settings_name(string text) =>
        Assert.Contains(Within, Assert.Throws<HostingException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static AgentWarden.Composition.Sinks Read(string? text) => AgentWarden.Composition.Sinks.Of(
        [], name => name == Within ? text : name == "AGENTWARDEN_SINK_URL" ? "http://localhost:8080/events" : null, TimeProvider.System, NullLoggerFactory.Instance);
}
