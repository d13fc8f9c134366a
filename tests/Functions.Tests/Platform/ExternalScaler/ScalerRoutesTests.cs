using System.Net;

namespace AgentWarden.Tests.Platform.ExternalScaler;

public sealed class ScalerRoutesTests
{
    private readonly FakeBacklog _backlog = new("SecretProvisioning", "CredentialPropagation");

    [Theory]
    [InlineData("/scaler/SecretProvisioning")]
    [InlineData("/SCALER/secretprovisioning/")]
    public async Task A_function_has_its_figures(string path)
    {
        _backlog.Set("SecretProvisioning", waiting: 10, inFlight: 2, delayed: 3, failing: 1);
        var (status, text) = await GetAsync(path);
        Assert.Equal(200, status);
        Assert.Equal("""{"function":"SecretProvisioning","active":true,"backlog":12,"waiting":10,"inFlight":2,"delayed":3,"failing":1}""", text);
    }

    [Fact]
    public async Task All_of_them_come_with_their_sum()
    {
        _backlog.Set("SecretProvisioning", waiting: 1, delayed: 4);
        _backlog.Set("CredentialPropagation", waiting: 0, inFlight: 0, delayed: 2, failing: 2);
        Assert.Equal((200, """
            {"all":{"active":true,"backlog":1,"waiting":1,"inFlight":0,"delayed":6,"failing":2},"functions":[{"function":"CredentialPropagation","active":false,"backlog":0,"waiting":0,"inFlight":0,"delayed":2,"failing":2},{"function":"SecretProvisioning","active":true,"backlog":1,"waiting":1,"inFlight":0,"delayed":4,"failing":0}]}
            """), await GetAsync("/scaler"));
    }

    [Fact]
    public async Task An_unknown_function_is_404_with_those_that_there_are()
    {
        var (status, text) = await GetAsync("/scaler/Provisioning");
        Assert.Equal(404, status);
        Assert.Contains("CredentialPropagation, SecretProvisioning", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_reading_is_served_and_HEAD_has_no_body()
    {
        await using var server = await RunningScaler.StartAsync(_backlog);
        using var http = new HttpClient { BaseAddress = server.Json };
        foreach (var path in new[] { "/scaler", "/scaler/SecretProvisioning" })
        {
            using var post = await http.PostAsync(path, new StringContent("{}"));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
            using var head = await http.SendAsync(new(HttpMethod.Head, path));
            Assert.Equal((HttpStatusCode.OK, "application/json"), (head.StatusCode, head.Content.Headers.ContentType?.ToString()));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("/scaler")]
    [InlineData("/scaler/SecretProvisioning")]
    public async Task A_replica_that_stands_by_answers_503_and_says_when_to_ask_again(string path)
    {
        _backlog.Works = false;
        await using var server = await RunningScaler.StartAsync(_backlog);
        using var http = new HttpClient { BaseAddress = server.Json };
        using var answer = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        Assert.Contains("does not lead", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<(int Status, string Text)> GetAsync(string path)
    {
        await using var server = await RunningScaler.StartAsync(_backlog);
        using var http = new HttpClient { BaseAddress = server.Json };
        using var answer = await http.GetAsync(path);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
