using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Tests.Platform.Hosting;
using AgentWarden.Tests.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.CloudEvents;

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
    public async Task Without_the_token_that_is_set_nothing_is_reported_and_the_events_come_again()
    {
        using var http = new HttpClient();
        var reports = new HttpLookReports(http, new("http://127.0.0.1:1"), _ => throw new KubeConfigException("/var/token", "AGENTWARDEN_TOKEN_FILE", "the token file is empty.", "Write a bearer token into it."), TimeProvider.System);
        Assert.Contains("AGENTWARDEN_TOKEN_FILE", (await Assert.ThrowsAsync<LookReportException>(() => reports.ReportAsync([Look], default))).Message, StringComparison.Ordinal);
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

    [Fact]
    public async Task A_look_that_wishes_a_great_many_looks_is_reported_in_parts_that_a_bridge_takes()
    {
        var bodies = new List<string>();
        await using var bridge = await FakeApiServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Add(await reader.ReadToEndAsync());
        });
        var at = DateTimeOffset.UnixEpoch.AddYears(60);
        var large = Look with { Answer = new(new Outcome.LookAgain(at), [.. Enumerable.Range(0, 50_000).Select(i => new ObjectReference(TestFunctions.Agent, new string('n', 63), $"{new string('a', 240)}{i}"))]) };
        using var http = new HttpClient();
        await new HttpLookReports(http, bridge.Address, _ => new((string?)null), TimeProvider.System).ReportAsync([Look, large, large, Look], default);
        Assert.All(bodies, b => Assert.InRange(b.Length, 1, 4 << 20));
        var looks = bodies.SelectMany(b => LookReportJson.Read(System.Text.Encoding.UTF8.GetBytes(b), new([TestFunctions.Agent])).Looks).ToList();
        Assert.Equal(100_000, looks.Sum(l => l.Answer.FollowUps.Count));
        Assert.Equal(50_000, looks.SelectMany(l => l.Answer.FollowUps).Distinct().Count());
        // Whichever part comes last, it ends the delivery with the time that was wished.
        Assert.All(looks.Where(l => l.Answer.FollowUps.Count > 0), l => Assert.Equal(new Outcome.LookAgain(at), l.Answer.Next));
    }

    private static async Task ReportAsync(Uri bridge)
    {
        using var http = new HttpClient();
        await new HttpLookReports(http, bridge, _ => new("token"), TimeProvider.System).ReportAsync([Look], default);
    }
}
