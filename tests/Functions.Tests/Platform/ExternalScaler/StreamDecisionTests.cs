using AgentWarden.Platform.ExternalScaler;

namespace AgentWarden.Tests.Platform.ExternalScaler;

public sealed class StreamDecisionTests
{
    private static readonly TimeSpan Pace = StreamDecision.Pace;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_state_is_said_at_once_when_the_stream_opens(bool active) =>
        Assert.Equal(active, StreamDecision.Next(new(Said: null, TimeSpan.Zero, Arrived: false, active, HasWork: active)).Say);

    [Fact]
    public void True_after_false_is_said_at_once() =>
        Assert.True(StreamDecision.Next(new(Said: false, TimeSpan.Zero, Arrived: true, Active: true, HasWork: true)).Say);

    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    [InlineData(999)]
    public void Within_a_second_neither_false_nor_true_once_more_is_said_but_it_looks_again_when_the_second_is_over(int milliseconds)
    {
        var since = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(new StreamStep(null, Pace - since), StreamDecision.Next(new(Said: true, since, Arrived: true, Active: true, HasWork: true)));
        Assert.Equal(new StreamStep(null, Pace - since), StreamDecision.Next(new(Said: true, since, Arrived: false, Active: false, HasWork: false)));
    }

    [Fact]
    public void After_a_second_both_are_said()
    {
        Assert.True(StreamDecision.Next(new(Said: true, Pace, Arrived: true, Active: true, HasWork: true)).Say);
        Assert.False(StreamDecision.Next(new(Said: true, Pace, Arrived: true, Active: false, HasWork: false)).Say);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_has_not_changed_is_not_said_again(bool active) =>
        Assert.Null(StreamDecision.Next(new(Said: active, TimeSpan.FromDays(1), Arrived: false, active, HasWork: active)).Say);

    [Fact]
    public void It_looks_by_the_clock_only_while_there_is_work()
    {
        Assert.Null(StreamDecision.Next(new(Said: false, Pace, Arrived: false, Active: false, HasWork: false)).LookAgain);
        Assert.Equal(Pace, StreamDecision.Next(new(Said: false, Pace, Arrived: true, Active: false, HasWork: true)).LookAgain);
        Assert.Equal(Pace, StreamDecision.Next(new(Said: false, Pace, Arrived: true, Active: true, HasWork: true)).LookAgain);
    }
}
