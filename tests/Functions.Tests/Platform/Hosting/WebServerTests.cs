using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class WebServerTests
{
    private static readonly HttpRoutes Routes = new(
        Json("echo", call => new HttpAnswer(200, HttpAnswer.Json, call.Body.ToArray())),
        Json("throws", _ => throw new FormatException("the key sk-123 is wrong")),
        Json("busy", _ => HttpAnswer.OfText(503, "later") with { RetryAfterSeconds = 7 }),
        Json("header", call => HttpAnswer.OfText(200, $"{call.Header("x-one")}|{call.Header("X-Two") ?? "none"}|{call.Path}")));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public async Task A_body_arrives_whole(int size)
    {
        await using var server = await RunningServer.StartAsync(Routes);
        using var client = new HttpClient { BaseAddress = server.Http };
        var body = new string('a', size);

        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = JsonBody(body) };
            request.Headers.TransferEncodingChunked = chunked;
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(body, await response.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_above_the_limit_is_413_with_advice(bool chunked)
    {
        await using var server = await RunningServer.StartAsync(Routes, maxBody: 20_000);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = JsonBody(new string('a', 20_001)) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("20000 bytes", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_path_method_or_type_says_what_to_do()
    {
        await using var server = await RunningServer.StartAsync(Routes);
        using var client = new HttpClient { BaseAddress = server.Http };

        using var missing = await client.GetAsync("/nothing");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("/echo", await missing.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var method = await client.GetAsync("/echo");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        Assert.Equal(["POST"], method.Content.Headers.Allow);
        Assert.Contains("POST", await method.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var type = await client.PostAsync("/echo", new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, type.StatusCode);
        Assert.Contains("application/json", await type.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var zipped = JsonBody("{}");
        zipped.Headers.ContentEncoding.Add("gzip");
        using var encoding = await client.PostAsync("/echo", zipped);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, encoding.StatusCode);
    }

    [Fact]
    public async Task An_exception_is_a_500_that_does_not_quote_it()
    {
        await using var server = await RunningServer.StartAsync(Routes);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await client.PostAsync("/throws", JsonBody("{}"));
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.NotEmpty(text);
        Assert.DoesNotContain("sk-123", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_After_is_passed_on()
    {
        await using var server = await RunningServer.StartAsync(Routes);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var busy = await client.PostAsync("/busy", JsonBody("{}"));
        Assert.Equal(TimeSpan.FromSeconds(7), busy.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Headers_are_found_without_case_and_the_path_is_decoded()
    {
        await using var server = await RunningServer.StartAsync(Routes);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/head%65r?timeout=10s");
        request.Headers.Add("X-One", ["1", "2"]);
        using var response = await client.SendAsync(request);
        Assert.Equal("1,2|none|/header", (await response.Content.ReadAsStringAsync()).Replace(", ", ",", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_that_ends_early_does_no_harm()
    {
        await using var server = await RunningServer.StartAsync(Routes);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(server.Server.Address("plain"));
            await socket.GetStream().WriteAsync("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"u8.ToArray());
        }

        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await client.PostAsync("/echo", JsonBody("{}"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        await using var first = await RunningServer.StartAsync(Routes);
        await using var second = new WebServer([new Listener("plain", first.Server.Address("plain"), _ => { })], new Readiness(), new AgentWardenMetrics(), NullLoggerFactory.Instance);
        var e = await Assert.ThrowsAsync<HostingException>(() => second.StartAsync(CancellationToken.None));
        Assert.Contains("in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_tell_what_is_missing()
    {
        string? problem = "cache LLMAccess not synced";
        var readiness = new Readiness();
        readiness.Add(() => problem);
        await using var server = await RunningServer.StartAsync(new HttpRoutes { Probes = true }, readiness: readiness);
        using var client = new HttpClient { BaseAddress = server.Http };

        using var notYet = await client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, notYet.StatusCode);
        Assert.Contains(problem, await notYet.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);

        problem = null;
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/readyz")).StatusCode);
        readiness.Drain();
        using var draining = await client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, draining.StatusCode);
        Assert.True(draining.Headers.ConnectionClose);
    }

    [Theory]
    [InlineData("8443", "[::]:8443")]
    [InlineData(":8443", "[::]:8443")]
    [InlineData("*:8443", "[::]:8443")]
    [InlineData("127.0.0.1:80", "127.0.0.1:80")]
    [InlineData("[::1]:80", "[::1]:80")]
    public void An_address_is_read_as_people_write_it(string text, string expected) => Assert.Equal(expected, Listener.ParseAddress("X", text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("localhost:80")]
    [InlineData("70000")]
    [InlineData("10.0.0.1")]
    public void An_address_that_is_none_names_its_setting(string text) =>
        Assert.Contains("SETTING", Assert.Throws<HostingException>(() => Listener.ParseAddress("SETTING", text)).Message, StringComparison.Ordinal);

    private static HttpRoute Json(string template, Func<HttpCall, HttpAnswer> handle) => new(template, ["POST"], (call, _) => Task.FromResult(handle(call)));

    private static ByteArrayContent JsonBody(string text)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
