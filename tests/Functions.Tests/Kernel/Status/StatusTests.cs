using AgentWarden.Kernel.Status;

namespace AgentWarden.Tests.Kernel.Status;

public sealed class StatusTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), Now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).AddMilliseconds(890);

    [Theory]
    [InlineData("True", false)]
    [InlineData("False", true)]
    [InlineData("Unknown", true)]
    public void The_transition_time_moves_only_when_the_status_flips(string before, bool moves)
    {
        var merged = Conditions.Merge([Of(before) with { LastTransitionTime = Then, Reason = "Old" }], [Of("True")], Now).Single();
        Assert.Equal(moves ? Conditions.Truncate(Now) : Then, merged.LastTransitionTime);
        Assert.Equal("New", merged.Reason);
    }

    [Fact]
    public void A_condition_that_is_no_longer_wanted_goes_and_a_new_one_begins_now()
    {
        var merged = Conditions.Merge([Of("True") with { Type = "Gone" }], [Of("True")], Now);
        Assert.Equal(("Ready", Conditions.Truncate(Now)), (merged.Single().Type, merged[0].LastTransitionTime));
        Assert.True(Conditions.IsTrue(merged, "Ready"));
        Assert.False(Conditions.IsTrue(merged, "Gone"));
        Assert.False(Conditions.IsTrue(null, "Ready"));
    }

    [Fact]
    public void Times_have_whole_seconds_and_survive_a_round_trip()
    {
        Assert.Equal("2026-03-04T05:06:07Z", KubernetesTime.Format(Now));
        Assert.Equal("2026-03-04T05:06:07Z", KubernetesTime.Format(Now.ToOffset(TimeSpan.FromHours(9))));
        Assert.Equal(Conditions.Truncate(Now), KubernetesTime.Parse(KubernetesTime.Format(Now)));
    }

    [Theory]
    [InlineData("2026-03-04T05:06:07Z", "2026-03-04T05:06:07Z")]
    [InlineData("2026-03-04T05:06:07.123456Z", "2026-03-04T05:06:07Z")]
    [InlineData("2026-03-04T05:06:07+02:00", "2026-03-04T03:06:07Z")]
    public void Times_that_are_read(string text, string same) => Assert.Equal(same, KubernetesTime.Format(KubernetesTime.Parse(text)!.Value));

    [Theory]
    [InlineData(null), InlineData(""), InlineData("now"), InlineData("10:00"), InlineData("2026-03-04"), InlineData("03/04/2026 05:06:07"), InlineData("2026-02-30T00:00:00Z"), InlineData("0001-01-01T00:00:00+14:00")]
    public void Times_that_are_none(string? text) => Assert.Null(KubernetesTime.Parse(text));

    private static Condition Of(string status) => new() { Type = "Ready", Status = status, Reason = "New", Message = "m" };
}
