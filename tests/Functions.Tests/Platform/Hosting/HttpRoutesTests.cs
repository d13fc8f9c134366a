using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class HttpRoutesTests
{
    [Theory]
    [InlineData("/mutate/pods", "mutate/pods")]
    [InlineData("/Mutate/Pods/", "mutate/pods")]
    [InlineData("/events", "events/{function?}")]
    [InlineData("/events/", "events/{function?}")]
    [InlineData("/events/Secrets", "events/{function?}")]
    [InlineData("/events/a/b", null)]
    [InlineData("/one", null)]
    [InlineData("/one/x", "one/{id}")]
    [InlineData("/", null)]
    [InlineData("", null)]
    [InlineData("//", null)]
    public void A_path_finds_its_route(string path, string? template)
    {
        var routes = new HttpRoutes(Route("mutate/pods"), Route("events/{function?}"), Route("one/{id}"));
        Assert.Equal(template, routes.Find(path)?[0].Template);
    }

    [Theory]
    [InlineData("a/{b}/c")]
    [InlineData("a/{*rest}")]
    [InlineData("a/x{b}")]
    [InlineData("{a}/{b}")]
    public void A_template_that_is_not_supported_is_refused(string template) =>
        Assert.Throws<HostingException>(() => new HttpRoutes(Route(template)));

    [Fact]
    public void One_path_may_have_a_route_for_each_method()
    {
        var found = new HttpRoutes(Route("a", "GET"), Route("a", "POST")).Find("/a")!;
        Assert.Equal(2, found.Length);
    }

    [Theory]
    [InlineData("POST", "POST")]
    [InlineData(null, "POST")]
    public void Two_functions_at_one_path_are_refused(string? first, string second) =>
        Assert.Contains("/a", Assert.Throws<HostingException>(() => new HttpRoutes(first is null ? Route("a") : Route("a", first), Route("A", second))).Message, StringComparison.Ordinal);

    private static HttpRoute Route(string template, params string[] methods) => new(template, methods, (_, _) => Task.FromResult(HttpAnswer.OfText(200, "x")));
}
