using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class FunctionManifestTests
{
    private const string Http = """{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["post"],"route":"validate"},{"type":"http","direction":"out","name":"res"}],"novel":{"x":1}}""";
    private const string Timer = """{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"0 */5 * * * *","runOnStartup":true,"useMonitor":false}]}""";

    private static readonly HttpProbe Validate = new("Validate", _ => HttpAnswer.OfText(200, "ok"));
    private static readonly TimerProbe Sweep = new("Sweep");

    [Fact]
    public void A_function_gets_the_trigger_of_its_file()
    {
        using var root = TestFunctions.Application(null, ("Validate", Http), ("Sweep", Timer));
        var bound = FunctionManifest.Load(TestFunctions.Settings(), root.Path).Bind([Validate, Sweep]);

        var http = Assert.IsType<HttpTrigger>(bound[0].Trigger);
        Assert.Equal(("validate", "POST", "res"), (http.Route, Assert.Single(http.Methods), http.Output));
        Assert.Equal(new TimerTrigger("timer", "0 */5 * * * *", RunOnStartup: true), bound[1].Trigger);
    }

    [Fact]
    public void The_folder_is_the_one_that_the_Functions_host_names()
    {
        using var root = TestFunctions.Application(null, ("Sweep", Timer));
        Assert.Single(FunctionManifest.Load(TestFunctions.Settings(("FUNCTIONS_APP_ROOT_PATH", root.Path))).Bind([Sweep]));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told_with_the_setting_that_names_it() =>
        Assert.Contains("FUNCTIONS_APP_ROOT_PATH", Assert.Throws<HostingException>(() => FunctionManifest.Load(TestFunctions.Settings(("FUNCTIONS_APP_ROOT_PATH", "/nowhere/app")))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("AzureWebJobs.Sweep.Disabled", "true")]
    [InlineData("AzureWebJobs_Sweep_Disabled", "1")]
    [InlineData("AzureFunctionsJobHost__functions__0", "Validate")]
    public void A_function_that_is_switched_off_is_not_bound(string setting, string value)
    {
        using var root = TestFunctions.Application(null, ("Validate", Http), ("Sweep", Timer));
        var bound = FunctionManifest.Load(TestFunctions.Settings((setting, value)), root.Path).Bind([Validate, Sweep]);
        Assert.Equal("Validate", Assert.Single(bound).Name);
    }

    [Fact]
    public void Every_mismatch_is_told_at_once()
    {
        using var root = TestFunctions.Application(null, ("Validate", Timer));
        var e = Assert.Throws<HostingException>(() => FunctionManifest.Load(TestFunctions.Settings(), root.Path).Bind([Validate, Sweep]));
        Assert.Contains("Validate/function.json declares a timerTrigger, but the function takes httpTrigger", e.Message, StringComparison.Ordinal);
        Assert.Contains("Sweep has no Sweep/function.json", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"bindings":[]}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""nonsense""")]
    [InlineData("""{"bindings":[{"type":"timerTrigger","name":"t"}]}""")]
    [InlineData("""{"disabled":true,"bindings":[{"type":"timerTrigger","name":"t","schedule":"00:01:00"}]}""")]
    [InlineData("""{"disabled":"SWEEP_OFF","bindings":[{"type":"timerTrigger","name":"t","schedule":"00:01:00"}]}""")]
    [InlineData("""{"bindings":[{"type":"httpTrigger","name":"a"},{"type":"timerTrigger","name":"t","schedule":"00:01:00"}]}""")]
    public void A_file_that_is_wrong_names_itself(string json)
    {
        using var root = TestFunctions.Application(null, ("Sweep", json));
        var e = Assert.Throws<HostingException>(() => FunctionManifest.Load(TestFunctions.Settings(), root.Path));
        Assert.StartsWith("Sweep/function.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_prefix_is_api_unless_host_json_or_a_setting_says_otherwise()
    {
        using var bare = TestFunctions.Application(null);
        using var ours = TestFunctions.Application("""{"version":"2.0","customHandler":{"enableForwardingHttpRequest":true},"extensions":{"http":{"routePrefix":""}}}""");
        Assert.Equal(new HostJson("api", ForwardsHttp: false), HostJson.Read(bare.Path, TestFunctions.Settings()));
        Assert.Equal(new HostJson("", ForwardsHttp: true), HostJson.Read(ours.Path, TestFunctions.Settings()));
        Assert.Equal(new HostJson("x", ForwardsHttp: true), HostJson.Read(ours.Path, TestFunctions.Settings(("AzureFunctionsJobHost__extensions__http__routePrefix", "/x/"))));
    }

    [Fact]
    public void Our_own_host_json_forwards_and_has_no_prefix()
    {
        Assert.Equal(new HostJson("", ForwardsHttp: true), FunctionManifest.Load(TestFunctions.Settings()).Host);
    }
}
