using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Workers.Rpc;

namespace AgentWarden.FunctionsHostTests.App;

/// <summary>The stand-in understands a declaration as the host does.</summary>
public sealed class HostedFunctionTests
{
    [Fact]
    public void Settings_are_put_into_queue_names_and_schedules()
    {
        var settings = Settings(("NAME", "events"), ("EVERY", "0 */5 * * * *"), ("AzureWebJobsStorage", "UseDevelopmentStorage=true"));
        var queue = Declare("""{"name":"m","type":"queueTrigger","direction":"In","queueName":"%NAME%-one"}""", settings);
        Assert.Equal(("events-one", null), (queue.QueueName, queue.Error));
        var timer = Declare("""{"name":"t","type":"timerTrigger","direction":"In","schedule":"%EVERY%"}""", settings);
        Assert.Equal(("0 */5 * * * *", null), (timer.Schedule, timer.Error));
    }

    [Theory]
    [InlineData("""{"name":"m","type":"queueTrigger","direction":"In","queueName":"%UNSET%-one","connection":"AzureWebJobsStorage"}""")]
    [InlineData("""{"name":"m","type":"queueTrigger","direction":"In","queueName":"one","connection":"Unset"}""")]
    [InlineData("""{"name":"m","type":"queueTrigger","direction":"In","queueName":"Capital","connection":"AzureWebJobsStorage"}""")]
    [InlineData("""{"name":"t","type":"timerTrigger","direction":"In","schedule":"* * * * *"}""")]
    [InlineData("""{"name":"r","type":"httpTrigger","direction":"In","route":"admin/things"}""")]
    [InlineData("""{"name":"e","type":"eventGridTrigger","direction":"In"}""")]
    public void What_the_host_would_leave_out_is_left_out(string trigger)
    {
        var function = Declare(trigger, Settings(("AzureWebJobsStorage", "UseDevelopmentStorage=true")));
        Assert.False(function.Runs);
        Assert.NotNull(function.Error);
    }

    [Theory]
    [InlineData("AzureWebJobs.One.Disabled", "true", true)]
    [InlineData("AzureWebJobs_One_Disabled", "1", true)]
    [InlineData("AzureWebJobs.One.Disabled", "false", false)]
    [InlineData("AzureWebJobs.Other.Disabled", "true", false)]
    public void A_setting_switches_a_function_off(string setting, string value, bool disabled) =>
        Assert.Equal(disabled, Declare("""{"name":"r","type":"httpTrigger","direction":"In"}""", Settings((setting, value))).Disabled);

    [Fact]
    public void An_HTTP_function_without_more_words_wants_a_key_and_has_its_name_as_route()
    {
        var function = Declare("""{"name":"r","type":"httpTrigger","direction":"In"}""", Settings());
        Assert.Equal(("One", "function"), (function.Route, function.AuthLevel));
        Assert.True(function.Takes("DELETE"));
    }

    private static HostedFunction Declare(string trigger, AppSettings settings)
    {
        var metadata = new RpcFunctionMetadata { Name = "One", FunctionId = "1" };
        metadata.RawBindings.Add(trigger);
        return HostedFunction.Read(metadata, settings);
    }

    private static AppSettings Settings(params (string Name, string Value)[] values) =>
        new(values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
}
