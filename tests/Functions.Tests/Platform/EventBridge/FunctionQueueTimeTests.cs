namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>Backoff, looks that were asked for at a time, and clocks that jump.</summary>
public sealed class FunctionQueueTimeTests : FunctionQueueScene
{
    [Fact]
    public void Backoff_doubles_up_to_the_longest_and_a_success_resets_it()
    {
        Add("a");
        Take("a");
        foreach (var expected in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            var delay = Queue.Failed(Ref("a"), null);
            Assert.InRange(delay.TotalSeconds, expected * 0.75, expected);
            NothingUntil(delay);
            Take("a");
        }

        Queue.Succeeded(Ref("a"), null);
        Add("a");
        Take("a");
        Assert.InRange(Queue.Failed(Ref("a"), null).TotalSeconds, 0.75, 1);
    }

    [Fact]
    public void What_the_server_asks_for_is_the_least_delay()
    {
        Add("a");
        Take("a");
        Assert.Equal(TimeSpan.FromSeconds(30), Queue.Failed(Ref("a"), TimeSpan.FromSeconds(30)));
        NothingUntil(TimeSpan.FromSeconds(30));
        Take("a");
        Assert.InRange(Queue.Failed(Ref("a"), TimeSpan.FromMilliseconds(1)), Second, 2 * Second);
    }

    [Fact]
    public void What_the_server_asks_for_is_respected_up_to_the_longest_backoff()
    {
        Add("a");
        Take("a");
        Assert.Equal(TimeSpan.FromMinutes(1), Queue.Failed(Ref("a"), TimeSpan.FromSeconds(int.MaxValue)));
        NothingUntil(TimeSpan.FromMinutes(1));
        Take("a");
        Assert.Equal(TimeSpan.FromMinutes(1), Queue.Failed(Ref("a"), TimeSpan.MaxValue));
    }

    [Fact]
    public void A_change_overrides_a_backoff()
    {
        FailTimes(10);
        Add("a");
        Take("a");
    }

    [Fact]
    public void A_change_during_the_look_that_fails_does_not_wait_out_the_long_backoff()
    {
        FailTimes(10);
        Add("a");
        Take("a");
        Add("a");
        Assert.InRange(Queue.Failed(Ref("a"), null), TimeSpan.Zero, Second);
    }

    [Fact]
    public void A_look_may_be_asked_for_at_aTime()
    {
        Add("a");
        Take("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Hour);
        NothingUntil(Hour);
        Take("a");
    }

    [Fact]
    public void A_change_comes_before_theTime_that_was_asked_for_and_replaces_it()
    {
        Add("a");
        Take("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Hour);
        Add("a");
        Take("a");
        Queue.Succeeded(Ref("a"), null);
        Time.Advance(2 * Hour);
        Assert.Null(Queue.ReleaseDue());
        Assert.Equal(0, Queue.Count);
    }

    [Fact]
    public void A_change_in_flight_comes_before_theTime_that_was_asked_for()
    {
        Add("a");
        Take("a");
        Add("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Hour);
        Take("a");
    }

    [Fact]
    public void A_clock_that_jumps_forward_makes_what_is_due_by_it_ready()
    {
        Add("a");
        Take("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Hour);
        Time.SetWallClock(Hour);
        Queue.ReleaseDue();
        Take("a");
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_stretch_a_backoff()
    {
        Add("a");
        Take("a");
        Queue.Failed(Ref("a"), null);
        Time.SetWallClock(-Hour);
        Time.Advance(Second);
        Queue.ReleaseDue();
        Take("a");
    }

    [Fact]
    public void A_clock_that_is_set_back_puts_off_only_what_is_due_by_it()
    {
        Add("a");
        Take("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Second);
        Time.SetWallClock(-Hour);
        Time.Advance(Second);
        Assert.Equal(Hour, Queue.ReleaseDue());
        Time.Advance(Hour);
        Queue.ReleaseDue();
        Take("a");
    }

    [Fact]
    public void Objects_that_sum_up_others_are_looked_at_once_at_first_and_then_at_most_every_so_often()
    {
        Queue.Add(Change("a"), Second);
        Take("a");
        Queue.Succeeded(Ref("a"), null);
        for (var i = 0; i < 1000; i++)
        {
            Queue.Add(Change("a"), Second);
        }

        NothingUntil(Second);
        Take("a");
        Queue.Add(Change("a"), Second);
        Queue.Succeeded(Ref("a"), null);
        NothingUntil(Second);
        Take("a");
    }

    [Fact]
    public void A_look_asked_for_at_aTime_does_not_forget_the_last_look()
    {
        Queue.Add(Change("a"), Second);
        Take("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Hour);
        Queue.Add(Change("a"), Second);
        NothingUntil(Second);
        Take("a");
    }
}
