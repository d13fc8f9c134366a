using AgentWarden.Platform.Hosting;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class FunctionCatalogTests
{
    private static readonly DefaultFunctionMetadata Validate = Of("Validate", "A.Validate.ValidateFunction.RunAsync",
        """{"name":"req","type":"httpTrigger","direction":"In","authLevel":"Anonymous","methods":["post"],"route":"validate","novel":{"x":1}}""",
        """{"name":"$return","type":"http","direction":"Out"}""");

    private static readonly DefaultFunctionMetadata Sweep = Of("SweepTimer", "A.Sweep.SweepFunction.TickAsync",
        """{"name":"timer","type":"timerTrigger","direction":"In","schedule":"0 */5 * * * *","runOnStartup":true,"useMonitor":false}""");

    private static readonly DefaultFunctionMetadata Queue = Of("SweepQueue", "A.Sweep.SweepFunction.MessageAsync",
        """{"name":"message","type":"queueTrigger","direction":"In","queueName":"%NAME%-sweep","connection":"Storage","dataType":"String"}""");

    [Fact]
    public void A_function_gets_the_trigger_of_its_attribute()
    {
        var functions = FunctionCatalog.Of([Validate, Sweep, Queue], TestFunctions.Settings()).Functions;
        Assert.Equal(["SweepQueue", "SweepTimer", "Validate"], functions.Select(f => f.Name));
        Assert.Equal(new QueueTrigger("%NAME%-sweep", "Storage"), functions[0].Trigger);
        Assert.Equal(new TimerTrigger("0 */5 * * * *", RunOnStartup: true), functions[1].Trigger);
        var http = Assert.IsType<HttpTrigger>(functions[2].Trigger);
        Assert.Equal(("validate", "POST"), (http.Route, Assert.Single(http.Methods)));
        Assert.Equal(("A.Validate.ValidateFunction", "Validate"), (functions[2].Class, functions[2].Handler));
        Assert.Equal("Sweep", functions[1].Handler);
    }

    [Theory]
    [InlineData("AzureWebJobs.SweepTimer.Disabled", "true")]
    [InlineData("AzureWebJobs_SweepTimer_Disabled", "1")]
    [InlineData("AzureFunctionsJobHost__functions__0", "Validate")]
    public void A_function_that_is_switched_off_calls_nothing(string setting, string value)
    {
        var catalog = FunctionCatalog.Of([Validate, Sweep], TestFunctions.Settings((setting, value)));
        Assert.False(catalog.Calls("Sweep", _ => true));
        Assert.True(catalog.Calls("Validate", t => t is HttpTrigger));
        Assert.False(catalog.Calls("Validate", t => t is QueueTrigger));
    }

    [Fact]
    public void A_trigger_that_is_none_of_ours_is_told() => Assert.StartsWith("Novel has no trigger", Assert.Throws<HostingException>(() =>
        FunctionCatalog.Of([Of("Novel", "A.B.C", """{"type":"blobTrigger","name":"b"}""")], TestFunctions.Settings())).Message, StringComparison.Ordinal);

    /// <summary>A Functions host matches routes in the order of the functions' names, and takes the first that fits.</summary>
    [Fact]
    public void No_two_of_our_routes_overlap()
    {
        var routes = FunctionCatalog.Load(TestFunctions.Settings()).Functions.Select(f => f.Trigger).OfType<HttpTrigger>().Select(t => t.Route).ToArray();
        Assert.All(routes, r => Assert.DoesNotContain('{', r));
        Assert.Equal(routes.Distinct(StringComparer.OrdinalIgnoreCase), routes);
    }

    [Fact]
    public void Every_event_function_has_a_route_and_a_queue_of_its_own()
    {
        var functions = FunctionCatalog.Load(TestFunctions.Settings()).Functions;
        foreach (var function in functions.Where(f => f.Trigger is HttpTrigger { Route: var route } && route.StartsWith("events/", StringComparison.Ordinal)))
        {
            var name = function.Handler.ToLowerInvariant();
            Assert.Equal($"events/{name}", ((HttpTrigger)function.Trigger).Route);
            var queue = Assert.Single(functions, f => f.Name == $"{function.Name}Queue");
            Assert.Equal(new QueueTrigger($"%AGENTWARDEN_QUEUE_NAME%-{name}", "AzureWebJobsStorage"), queue.Trigger);
        }
    }

    private static DefaultFunctionMetadata Of(string name, string entry, params string[] bindings) =>
        new() { Name = name, EntryPoint = entry, RawBindings = [.. bindings], Language = "dotnet-isolated", ScriptFile = "x.dll" };
}
