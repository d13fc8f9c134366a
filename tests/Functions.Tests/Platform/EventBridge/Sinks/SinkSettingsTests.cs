using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

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

    [Theory]
    [InlineData("http://user:hunter2@functions:8080/events")]
    [InlineData("https://functions.example/events?code=hunter2")]
    [InlineData("https://functions.example/events#hunter2")]
    public void An_address_that_holds_more_than_an_address_is_refused_and_not_printed(string url)
    {
        var problem = Assert.Throws<HostingException>(() => AgentWarden.Platform.EventBridge.Sinks.HttpSinkOptions.FromSettings(name => name == "AGENTWARDEN_SINK_URL" ? url : null)).Message;
        Assert.Contains("AGENTWARDEN_SINK_URL", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
        Assert.Contains("AGENTWARDEN_BRIDGE_URL", Assert.Throws<HostingException>(() => AgentWarden.Platform.Composition.LookReports.Elsewhere(_ => url, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flase"), InlineData("off")]
    public void A_switch_that_is_neither_on_nor_off_is_refused_by_the_settings_name(string text) =>
        Assert.Contains("AGENTWARDEN_SINK_REPORTS", Assert.Throws<HostingException>(() => AgentWarden.Platform.Composition.Sinks.Of(
            [], name => name switch { "AGENTWARDEN_SINK" => "queue", "AzureWebJobsStorage" => "UseDevelopmentStorage=true", "AGENTWARDEN_SINK_REPORTS" => text, _ => null }, TimeProvider.System, NullLoggerFactory.Instance)).Message, StringComparison.Ordinal);

    private static AgentWarden.Platform.Composition.Sinks Read(string? text) => AgentWarden.Platform.Composition.Sinks.Of(
        [], name => name == Within ? text : name == "AGENTWARDEN_SINK_URL" ? "http://localhost:8080/events" : null, TimeProvider.System, NullLoggerFactory.Instance);
}
