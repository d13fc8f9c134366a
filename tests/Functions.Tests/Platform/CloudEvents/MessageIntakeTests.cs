using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class MessageIntakeTests
{
    private readonly ReportProbe _reports = new();

    [Fact]
    public async Task Every_finished_look_is_reported_before_the_message_is_done()
    {
        await TakeAsync(new EventProbe("Cards"), "a", "b");
        Assert.Equal(["a", "b"], _reports.Looks.Select(l => l.Object.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_failed_look_fails_the_message_and_the_others_are_reported_all_the_same()
    {
        var cards = new EventProbe("Cards", change => change.Object.Name == "a" ? throw new InvalidOperationException("sk-secret") : EventAnswer.Done);
        var e = await Assert.ThrowsAsync<MessageFailedException>(() => TakeAsync(cards, "a", "b"));
        Assert.Contains("Cards", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", e.ToString(), StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(_reports.Looks).Object.Name);
    }

    [Fact]
    public async Task A_report_that_fails_fails_the_message()
    {
        _reports.Fails = true;
        await Assert.ThrowsAsync<LookReportException>(() => TakeAsync(new EventProbe("Cards"), "a"));
    }

    [Fact]
    public async Task Events_that_nobody_takes_are_done_and_not_reported()
    {
        _reports.Fails = true;
        var intake = new MessageIntake(TestFunctions.Dispatcher(new EventProbe("Cards")), _reports, NullLogger.Instance);
        await intake.TakeAsync([new() { Id = "1", Source = EventSource.Of("/s"), Type = "other" }], function: null, "queue", default);
        Assert.Empty(_reports.Looks);
    }

    private Task TakeAsync(EventProbe function, params string[] names) =>
        new MessageIntake(TestFunctions.Dispatcher(function), _reports, NullLogger.Instance).TakeAsync(
            [.. names.Select(n => ObjectEventMapping.ToCloudEvent(new(ObjectChange.Update, new(TestFunctions.Agent, "ns", n)), "/s", DateTimeOffset.UnixEpoch))], function: null, "queue", default);
}
