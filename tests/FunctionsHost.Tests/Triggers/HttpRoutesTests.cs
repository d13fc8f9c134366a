using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Triggers;
using AgentWarden.FunctionsHost.Workers.Rpc;
using Microsoft.AspNetCore.Http;

namespace AgentWarden.FunctionsHostTests.Triggers;

/// <summary>The stand-in's router and keys are those of the host, traps included.</summary>
public sealed class HttpRoutesTests
{
    [Fact]
    public void The_name_that_sorts_first_takes_a_request_however_well_another_route_fits()
    {
        HostedFunction[] functions = [Http("Second", "events/second"), Http("Intake", "events/{function?}"), Http("Alpha", "events/alpha")];
        var routes = new HttpRoutes("", functions);
        Assert.Equal("Intake", routes.Match("POST", "/events/second")?.Function.Name);
        Assert.Equal("second", routes.Match("POST", "/events/second")?.Values["function"]);
        Assert.Equal("Alpha", routes.Match("POST", "/EVENTS/ALPHA")?.Function.Name);
        Assert.Equal("Intake", routes.Match("POST", "/events")?.Function.Name);
        Assert.Equal(["Intake", "Second"], routes.AllThatMatch("POST", "/events/second"));
        Assert.Null(routes.Match("POST", "/events/second/more"));
    }

    [Fact]
    public void A_route_of_another_method_is_passed_over_and_the_prefix_is_before_every_route()
    {
        var routes = new HttpRoutes("api", [Http("A", "things", """["get"]"""), Http("B", "things", """["post"]""")]);
        Assert.Equal("B", routes.Match("POST", "/api/things")?.Function.Name);
        Assert.Null(routes.Match("PUT", "/api/things"));
        Assert.Null(routes.Match("POST", "/things"));
    }

    [Fact]
    public void Two_functions_with_one_route_are_refused() =>
        Assert.Throws<InvalidDataException>(() => new HttpRoutes("", [Http("A", "things"), Http("B", "Things")]));

    [Theory]
    [InlineData("anonymous", null, null, true)]
    [InlineData("function", null, null, false)]
    [InlineData("function", "f", null, true)]
    [InlineData("function", null, "f", true)]
    [InlineData("function", "other", "f", false)]
    [InlineData("function", "m", null, true)]
    [InlineData("admin", "f", null, false)]
    [InlineData("admin", null, "m", true)]
    public void A_key_opens_what_its_level_opens(string level, string? header, string? code, bool admitted)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = code is null ? default : QueryString.Create("code", code);
        if (header is not null)
        {
            request.Headers["x-functions-key"] = header;
        }

        Assert.Equal(admitted, new HostKeys("f", "m").Admit(Http("A", "a", level: level), request));
    }

    private static HostedFunction Http(string name, string route, string methods = """["post"]""", string level = "anonymous")
    {
        var metadata = new RpcFunctionMetadata { Name = name, FunctionId = name };
        metadata.RawBindings.Add(
            $$"""{"name":"r","type":"httpTrigger","direction":"In","authLevel":"{{level}}","methods":{{methods}},"route":"{{route}}"}""");
        return HostedFunction.Read(metadata, new AppSettings(new Dictionary<string, string>(StringComparer.Ordinal)));
    }
}
