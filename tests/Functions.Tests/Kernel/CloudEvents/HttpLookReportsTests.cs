using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Tests.Kernel.Hosting;
using AgentWarden.Tests.Kernel.Kubernetes;

namespace AgentWarden.Tests.Kernel.CloudEvents;

public sealed class HttpLookReportsTests
{
    private static readonly LookReport Look = new("Cards", new(TestFunctions.Agent, "ns", "a"), EventAnswer.Done);

    [Fact]
    public async Task A_report_is_posted_with_the_token_of_the_moment()
    {
        string? body = null, type = null;
        await using var bridge = await FakeApiServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            (body, type) = (await reader.ReadToEndAsync(), context.Request.ContentType);
        });
        var tokens = 0;
        using var http = new HttpClient();
        var reports = new HttpLookReports(http, new(bridge.Address, "warden/"), _ => new($"t{++tokens}"), TimeProvider.System);
        await reports.ReportAsync([Look], default);
        await reports.ReportAsync([Look], default);
        Assert.Equal(["POST /warden/looks", "POST /warden/looks"], bridge.Asked);
        Assert.Equal(["Bearer t1", "Bearer t2"], bridge.Authorizations);
        Assert.Equal(("""{"looks":[{"function":"Cards","object":{"apiVersion":"example.dev/v1","kind":"Agent","name":"a","namespace":"ns"}}]}""", "application/json"), (body, type));
    }

    [Theory]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(429)]
    public async Task A_bridge_in_trouble_is_asked_again(int status)
    {
        var answers = 0;
        await using var bridge = await FakeApiServer.StartAsync(context =>
        {
            context.Response.StatusCode = ++answers < 3 ? status : 200;
            return Task.CompletedTask;
        });
        await ReportAsync(bridge.Address);
        Assert.Equal(3, bridge.Asked.Count);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(400)]
    [InlineData(404)]
    public async Task A_refusal_is_final_and_named(int status)
    {
        await using var bridge = await FakeApiServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        var e = await Assert.ThrowsAsync<LookReportException>(() => ReportAsync(bridge.Address));
        Assert.Contains($"answered {status}", e.Message, StringComparison.Ordinal);
        Assert.Single(bridge.Asked);
    }

    [Fact]
    public async Task Who_asks_for_more_patience_than_the_caller_has_is_not_waited_for()
    {
        await using var bridge = await FakeApiServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "60";
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<LookReportException>(() => ReportAsync(bridge.Address));
        Assert.Single(bridge.Asked);
    }

    [Fact]
    public async Task Nobody_there_is_an_error_that_says_where()
    {
        var e = await Assert.ThrowsAsync<LookReportException>(() => ReportAsync(new("http://127.0.0.1:1")));
        Assert.Contains("http://127.0.0.1:1/looks", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_report_goes_in_parts()
    {
        await using var bridge = await FakeApiServer.StartAsync(_ => Task.CompletedTask);
        using var http = new HttpClient();
        await new HttpLookReports(http, bridge.Address, _ => new((string?)null), TimeProvider.System).ReportAsync([.. Enumerable.Repeat(Look, LookReportJson.MaxLooks + 1)], default);
        Assert.Equal(2, bridge.Asked.Count);
        Assert.Equal([null, null], bridge.Authorizations);
    }

    private static async Task ReportAsync(Uri bridge)
    {
        using var http = new HttpClient();
        await new HttpLookReports(http, bridge, _ => new("token"), TimeProvider.System).ReportAsync([Look], default);
    }
}
