using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Tests.Platform.ExternalScaler;

public sealed class ScalerDecisionTests
{
    private static readonly string[] Known = ["SecretRotation", "SecretProvisioning", "CredentialPropagation"];

    [Fact]
    public void Without_metadata_it_is_all_functions_and_the_defaults()
    {
        var settings = Settings();
        Assert.Equal(["CredentialPropagation", "SecretProvisioning", "SecretRotation"], settings.Functions);
        Assert.Equal((20, 0), (settings.TargetBacklog, settings.ActivationBacklog));
        Assert.Equal("agent-warden-all", ScalerDecision.MetricName(settings));
    }

    [Fact]
    public void KEDAs_own_keys_and_unknown_ones_are_let_be() =>
        Assert.Equal(7, Settings(("scalerAddress", "warden:9090"), ("enableTLS", "true"), ("targetbacklog", "x"), ("targetBacklog", " 7 ")).TargetBacklog);

    [Theory]
    [InlineData("SecretRotation", "agent-warden-secretrotation")]
    [InlineData("secretrotation,SECRETPROVISIONING", "agent-warden-secretprovisioning-secretrotation")]
    [InlineData(" SecretProvisioning , SecretRotation,SecretRotation,", "agent-warden-secretprovisioning-secretrotation")]
    public void Functions_are_named_in_any_case_and_order_and_the_metric_has_one_name(string functions, string metric)
    {
        var settings = Settings(("functions", functions));
        Assert.All(settings.Functions, f => Assert.Contains(f, Known));
        Assert.Equal(metric, ScalerDecision.MetricName(settings));
    }

    [Theory]
    [InlineData("functions", "SecretRotations", "\"SecretRotations\", which is no function with a backlog. Write one or more of CredentialPropagation, SecretProvisioning, SecretRotation")]
    [InlineData("functions", "a,SecretRotation,b", "\"a\", \"b\", which are no functions")]
    [InlineData("functions", " , ", "names no function")]
    [InlineData("functions", "", "leave the key out for all")]
    [InlineData("targetBacklog", "0", "targetBacklog is \"0\". Write a whole number from 1")]
    [InlineData("targetBacklog", "-5", "targetBacklog is \"-5\"")]
    [InlineData("targetBacklog", "2.5", "targetBacklog: \"20\"")]
    [InlineData("targetBacklog", "99999999999", "to 2147483647")]
    [InlineData("targetBacklog", "", "targetBacklog is \"\"")]
    [InlineData("activationBacklog", "many", "activationBacklog is \"many\". Write a whole number from 0")]
    public void A_mistake_says_what_is_wrong_what_there_is_and_how_to_mend_it(string key, string value, string expected) =>
        Assert.Contains(expected, Problem((key, value)), StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_are_told_at_once_and_none_at_length()
    {
        var problem = Problem(("functions", string.Join(',', Enumerable.Range(0, 500).Select(i => new string('x', 1000) + i))), ("targetBacklog", new string('y', 100_000)), ("activationBacklog", "z"));
        Assert.Contains("functions names", problem, StringComparison.Ordinal);
        Assert.Contains("targetBacklog is", problem, StringComparison.Ordinal);
        Assert.Contains("activationBacklog is", problem, StringComparison.Ordinal);
        Assert.InRange(problem.Length, 100, 1500);
    }

    [Theory]
    [InlineData("0", 0, 0, false)]
    [InlineData("0", 1, 0, true)]
    [InlineData("0", 0, 1, true)]
    [InlineData("5", 3, 2, false)]
    [InlineData("5", 3, 3, true)]
    public void It_is_active_when_there_is_more_work_than_asked_for(string activation, int waiting, int inFlight, bool active) =>
        Assert.Equal(active, ScalerDecision.IsActive(Settings(("activationBacklog", activation)), new(waiting, inFlight, Delayed: 9, Failing: 9)));

    [Fact]
    public void Target_and_value_are_said_in_both_fields_and_by_one_name()
    {
        var settings = Settings(("functions", "SecretRotation"), ("targetBacklog", "5"));
        var spec = Assert.Single(ScalerDecision.Spec(settings).MetricSpecs);
        Assert.Equal((5L, 5.0), (spec.TargetSize, spec.TargetSizeFloat));
        var value = Assert.Single(ScalerDecision.Value(settings, new(10, 2, 3, 1)).MetricValues);
        Assert.Equal((12L, 12.0), (value.MetricValue_, value.MetricValueFloat));
        Assert.Equal(spec.MetricName, value.MetricName);
    }

    [Fact]
    public void Figures_are_added_field_by_field() =>
        Assert.Equal(new BacklogFigures(11, 22, 33, 44), ScalerDecision.Sum([new(1, 2, 3, 4), new(10, 20, 30, 40)]));

    [Fact]
    public void Where_every_function_is_switched_off_there_is_no_work() => Assert.Equal(default, ScalerDecision.Sum([]));

    internal static ScalerSettings Settings(params (string Key, string Value)[] metadata)
    {
        var reading = ScalerDecision.Read(metadata.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal), Known);
        Assert.Null(reading.Problem);
        return reading.Settings!;
    }

    private static string Problem(params (string Key, string Value)[] metadata)
    {
        var reading = ScalerDecision.Read(metadata.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal), Known);
        Assert.Null(reading.Settings);
        return reading.Problem!;
    }
}
