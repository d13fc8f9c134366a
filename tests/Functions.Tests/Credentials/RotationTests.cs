using AgentWarden.Credentials;

namespace AgentWarden.Tests.Credentials;

public sealed class RotationTests
{
    private static readonly DateTimeOffset Now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).AddMilliseconds(890);

    [Theory]
    [InlineData("30d", 30 * 24 * 60)]
    [InlineData("1d", 24 * 60)]
    [InlineData("365d", 365 * 24 * 60)]
    [InlineData("12h", 12 * 60)]
    [InlineData("90m", 90)]
    [InlineData("1m", 1)]
    [InlineData("007d", 7 * 24 * 60)]
    public void Intervals(string text, int minutes) => Assert.Equal(TimeSpan.FromMinutes(minutes), RotationInterval.Parse(text));

    [Theory]
    [InlineData(null), InlineData(""), InlineData("d"), InlineData("30"), InlineData("0d"), InlineData("366d"), InlineData("1w"), InlineData("30D"), InlineData("-1d"), InlineData("+1d")]
    [InlineData(" 1d"), InlineData("1 d"), InlineData("1.5d"), InlineData("1d12h"), InlineData("99999999999d"), InlineData("٣d"), InlineData("30d\n")]
    public void No_intervals(string? text) => Assert.Null(RotationInterval.Parse(text));

    [Theory]
    [InlineData("30d", null, "30d", null)]
    [InlineData("30d", "7d", "7d", null)]
    [InlineData("30d", "30d", "30d", null)]
    [InlineData("30d", "48h", "2d", null)]
    [InlineData("30d", "720h", "30d", RotationSchedule.IntervalInvalid)]
    [InlineData("30d", "90m", "90m", null)]
    [InlineData("7d", "30d", "7d", RotationSchedule.IntervalTooLong)]
    [InlineData("7d", "soon", "7d", RotationSchedule.IntervalInvalid)]
    [InlineData("soon", null, "30d", RotationSchedule.IntervalInvalid)]
    [InlineData("soon", "36h", "36h", RotationSchedule.IntervalInvalid)]
    [InlineData(null, null, "30d", null)]
    public void The_shorter_valid_interval_counts(string? provider, string? access, string interval, string? problem)
    {
        var schedule = RotationSchedule.Of(Provider(provider), Access(access));
        Assert.Equal((interval, problem), (RotationSchedule.Describe(schedule.Interval), schedule.Problem?.Reason));
        Assert.Equal(ProviderRotation.ProviderApi, schedule.Strategy);
    }

    [Fact]
    public void Without_rotation_there_is_no_next()
    {
        var off = RotationSchedule.Of(new(), Access("1m"));
        Assert.False(off.Enabled);
        Assert.Null(off.Next(Now, Now));
    }

    [Fact]
    public void Next_has_whole_seconds() => Assert.Equal("2026-03-11T05:06:07.0000000+00:00", Of("7d").Next(Now, Now)?.ToString("O"));

    [Fact]
    public void A_stamp_a_little_ahead_is_another_replicas_clock() => Assert.Equal(Now.AddMinutes(4).AddDays(7).AddMilliseconds(-890), Of("7d").Next(Now.AddMinutes(4), Now));

    [Theory]
    [InlineData("2026-03-05T00:00:00Z"), InlineData("9999-12-31T23:59:59Z")]
    public void A_stamp_from_the_future_counts_from_now(string stamp) => Assert.Equal(Of("7d").Next(Now, Now), Of("7d").Next(DateTimeOffset.Parse(stamp), Now));

    [Fact]
    public void A_stamp_of_long_ago_is_overdue() => Assert.True(Of("365d").Next(DateTimeOffset.MinValue, Now) < Now);

    private static RotationSchedule Of(string interval) => RotationSchedule.Of(Provider(interval), Access(null));

    private static LLMProvider Provider(string? interval) => new() { Spec = new() { Auth = new() { Type = "apiKey", ApiKey = new() { Rotation = new() { Enabled = true, Interval = interval } } } } };

    private static LLMAccess Access(string? interval) => new() { Spec = new() { Rotation = interval is null ? null : new() { Interval = interval } } };
}
