using System.Text;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;

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
    public void Only_reading_is_served() => Assert.All(ScalerRoutes.Of(_backlog), r => Assert.False(r.Takes("POST")));

    private async Task<(int Status, string Text)> GetAsync(string path)
    {
        var route = Assert.Single(new HttpRoutes(ScalerRoutes.Of(_backlog)).Find(path)!);
        var answer = await route.Handler(new HttpCall("GET", path, new Dictionary<string, string>(), default), CancellationToken.None);
        return (answer.Status, Encoding.UTF8.GetString(answer.Body.Span));
    }
}
