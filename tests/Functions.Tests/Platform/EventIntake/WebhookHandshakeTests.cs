using System.Net;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.Hosting;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventIntake;

/// <summary>The abuse-protection handshake of CloudEvents' webhooks, over a real socket.</summary>
public sealed class WebhookHandshakeTests
{
    [Theory]
    [InlineData(null, "eventgrid.azure.net", null, "*")]
    [InlineData(null, "EventGrid.azure.net", "120", "120")]
    [InlineData("a.example, b.example", "b.example", "soon", "*")]
    [InlineData("*", "anybody.example", "-1", "*")]
    public async Task An_origin_that_is_wanted_is_let_send(string? setting, string origin, string? rate, string allowedRate)
    {
        using var response = await AskAsync(setting, origin, rate);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(origin, Assert.Single(response.Headers.GetValues("WebHook-Allowed-Origin")));
        Assert.Equal(allowedRate, Assert.Single(response.Headers.GetValues("WebHook-Allowed-Rate")));
    }

    [Theory]
    [InlineData(null, "evil.example")]
    [InlineData(null, null)]
    [InlineData("a.example", "eventgrid.azure.net")]
    public async Task Any_other_is_not(string? setting, string? origin)
    {
        using var response = await AskAsync(setting, origin, null);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(response.Headers.Contains("WebHook-Allowed-Origin"));
        Assert.Contains(WebhookHandshake.OriginsSetting, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task To_be_allowed_to_send_is_not_to_be_believed()
    {
        await using var server = await StartAsync(null);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var content = new StringContent("{}", System.Text.Encoding.UTF8, "application/cloudevents+json");
        using var response = await client.PostAsync("/events", content);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static async Task<HttpResponseMessage> AskAsync(string? setting, string? origin, string? rate)
    {
        await using var server = await StartAsync(setting);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var request = new HttpRequestMessage(HttpMethod.Options, "/events");
        foreach (var (name, value) in new[] { ("WebHook-Request-Origin", origin), ("WebHook-Request-Rate", rate) })
        {
            if (value is not null)
            {
                request.Headers.Add(name, value);
            }
        }

        return await client.SendAsync(request);
    }

    private static Task<RunningServer> StartAsync(string? setting)
    {
        var function = new EventIntakeHandler(TestFunctions.Dispatcher(), new ReportProbe(), new(setting), NullLogger.Instance, new Nobody());
        var declared = FunctionCatalog.Load(TestFunctions.Settings()).Functions.Single(f => f.Name == EventIntakeHandler.FunctionName);
        var trigger = (HttpTrigger)declared.Trigger;
        return RunningServer.StartAsync(new HttpRoutes(new HttpRoute(trigger.Route, [.. trigger.Methods], (call, token) => function.TakeAsync(null, call, token))));
    }
}
