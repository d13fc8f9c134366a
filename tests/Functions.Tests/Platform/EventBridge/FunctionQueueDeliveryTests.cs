using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>Brokers that take an event and answer later.</summary>
public sealed class FunctionQueueDeliveryTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();
    private readonly FunctionQueue _queue;
    private int _told;

    public FunctionQueueDeliveryTests() => _queue = new(_time, new BackoffOptions { First = Second, Longest = Minute }) { OnWork = () => _told++ };

    [Fact]
    public void What_a_broker_has_is_work_until_the_function_reports()
    {
        Add("a", "1");
        HandOver("a");
        Assert.Equal((0, 1, 1), (_queue.Figures().Ready, _queue.Figures().HandedOver, _queue.Counters.Work));
        _queue.Reported(Ref("a", "1"), lookAgainAt: null);
        Assert.Equal((0, 0), (_queue.Count, _queue.Counters.Work));
    }

    [Fact]
    public void A_change_while_a_broker_has_it_is_one_further_look_after_the_report()
    {
        Add("a", "1");
        HandOver("a");
        Add("a", "2");
        Add("a", "3");
        Assert.Equal(0, _queue.Figures().Ready);
        _queue.Reported(Ref("a", "1"), lookAgainAt: null);
        Assert.Equal("3", Take().Object.ResourceVersion);
    }

    [Fact]
    public void Without_a_report_in_time_it_is_delivered_again()
    {
        Add("a", "1");
        HandOver("a");
        _time.Advance(Minute);
        _queue.ReleaseDue();
        Assert.Equal("1", Take().Object.ResourceVersion);
    }

    [Fact]
    public void A_late_report_of_an_older_delivery_does_not_end_the_newer_one()
    {
        Add("a", "1");
        HandOver("a");
        Add("a", "2");
        _time.Advance(Minute);
        _queue.ReleaseDue();
        HandOver("a");
        _queue.Reported(Ref("a", "1"), lookAgainAt: null);
        Assert.Equal(1, _queue.Figures().HandedOver);
    }

    [Theory]
    [InlineData(null), InlineData("6")]
    public void An_event_that_knows_less_does_not_take_the_version_from_a_change_that_waits(string? version)
    {
        // A follow-up names an object without its version: what reads a copy would not wait for the change.
        Add("a", "7");
        Add("a", version);
        Assert.Equal("7", Take().Object.ResourceVersion);
        Add("a", version);
        _queue.Failed(Ref("a", "7"), retryAfter: null);
        _time.Advance(Second);
        _queue.ReleaseDue();
        Assert.Equal("7", Take().Object.ResourceVersion);
    }

    [Theory]
    [InlineData(null), InlineData("3")]
    public void What_was_looked_at_lends_its_version_to_no_later_event(string? version)
    {
        // The cluster may have been restored from a backup: its versions count anew.
        Add("a", "7");
        Take();
        _queue.Succeeded(Ref("a", "7"), _time.GetUtcNow() + Minute);
        Add("a", version);
        Assert.Equal(version, Take().Object.ResourceVersion);
    }

    [Fact]
    public void A_report_that_overtakes_the_brokers_answer_ends_the_delivery()
    {
        Add("a", "1");
        Take();
        _queue.Reported(Ref("a", "1"), _time.GetUtcNow() + Minute);
        _queue.HandedOver(Ref("a", "1"), Minute);
        Assert.Equal((0, 1), (_queue.Figures().HandedOver, _queue.Figures().Delayed));
    }

    [Fact]
    public void A_report_that_overtakes_the_brokers_answer_ends_the_delivery_also_when_the_functions_own_write_was_seen_first()
    {
        Add("a", "1");
        Take();
        Add("a", "2");
        _queue.Reported(Ref("a", "1"), lookAgainAt: null);
        _queue.HandedOver(Ref("a", "1"), Minute);
        Assert.Equal((1, 0), (_queue.Figures().Ready, _queue.Figures().HandedOver));
        Assert.Equal("2", Take().Object.ResourceVersion);
    }

    [Fact]
    public void A_report_about_an_object_that_nobody_waits_for_keeps_its_wish()
    {
        _queue.Reported(Ref("a", "1"), _time.GetUtcNow() + Minute);
        _time.Advance(Minute);
        _queue.ReleaseDue();
        Assert.Equal("a", Take().Object.Name);
    }

    [Fact]
    public void A_report_that_wishes_an_earlier_time_than_the_one_that_is_waited_for_brings_the_look_forward()
    {
        _queue.Reported(Ref("a", "1"), _time.GetUtcNow() + (10 * Minute));
        _queue.Reported(Ref("a", "2"), _time.GetUtcNow() + Minute);
        _time.Advance(Minute);
        _queue.ReleaseDue();
        Assert.Equal("a", Take().Object.Name);
    }

    [Fact]
    public void A_late_report_does_not_put_off_the_time_that_is_waited_for()
    {
        _queue.Reported(Ref("a", "2"), _time.GetUtcNow() + Minute);
        _queue.Reported(Ref("a", "1"), _time.GetUtcNow() + (10 * Minute));
        _time.Advance(Minute);
        _queue.ReleaseDue();
        Assert.Equal("a", Take().Object.Name);
    }

    [Fact]
    public void A_report_without_a_wish_about_an_object_that_nobody_waits_for_is_nothing()
    {
        _queue.Reported(Ref("a", "1"), lookAgainAt: null);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_report_does_not_shorten_a_backoff()
    {
        Add("a", "1");
        Take();
        _queue.Failed(Ref("a", "1"), Minute);
        _queue.Reported(Ref("a", "1"), _time.GetUtcNow());
        _queue.ReleaseDue();
        Assert.Equal(0, _queue.Figures().Ready);
    }

    [Fact]
    public void What_a_broker_gave_up_comes_back_after_a_backoff_that_grows()
    {
        foreach (var longest in new[] { 1, 2, 4 })
        {
            Add("a", "1");
            if (longest == 1)
            {
                HandOver("a");
            }

            _queue.GaveUp(new(ObjectChange.Update, Ref("a", "1")));
            if (longest > 1)
            {
                // It was ready: nothing to bring back.
                Assert.Equal(1, _queue.Figures().Ready);
                HandOver("a");
                _queue.GaveUp(new(ObjectChange.Update, Ref("a", "1")));
            }

            Assert.Equal((0, 1, 1), (_queue.Figures().Ready, _queue.Figures().Delayed, _queue.Figures().Failing));
            Assert.InRange(_queue.ReleaseDue()!.Value.TotalSeconds, longest * 0.75, longest);
        }
    }

    [Fact]
    public void What_a_broker_gave_up_after_a_start_that_knows_nothing_of_it_comes_back_too()
    {
        _queue.GaveUp(new(ObjectChange.Update, Ref("a", "1")));
        _time.Advance(Second);
        _queue.ReleaseDue();
        Assert.Equal("a", Take().Object.Name);
    }

    [Fact]
    public void Work_is_told_of_once_when_there_was_none()
    {
        Add("a", "1");
        Add("b", "1");
        Take();
        Take();
        Assert.Equal(1, _told);
        _queue.Succeeded(Ref("a", "1"), null);
        _queue.Succeeded(Ref("b", "1"), _time.GetUtcNow() + Minute);
        Assert.Equal((1, 0), (_told, _queue.Counters.Work));
        _time.Advance(Minute);
        _queue.ReleaseDue();
        Assert.Equal((2, 1), (_told, _queue.Counters.Work));
    }

    [Fact]
    public void After_it_was_cleared_nothing_is_left_and_late_answers_do_no_harm()
    {
        Add("a", "1");
        Add("b", "1");
        Take();
        _queue.Clear();
        _queue.Succeeded(Ref("a", "1"), null);
        _queue.Failed(Ref("a", "1"), null);
        _queue.PutBack(Ref("a", "1"));
        _queue.HandedOver(Ref("a", "1"), Minute);
        Assert.Equal((0, 0), (_queue.Count, _queue.Counters.Work));
        Add("c", "1");
        Assert.Equal("c", Take().Object.Name);
    }

    private static ObjectReference Ref(string name, string? version) => new(KubernetesKinds.Secret, "kagent", name) { ResourceVersion = version };

    private void Add(string name, string? version) => _queue.Add(new(ObjectChange.Update, Ref(name, version)), TimeSpan.Zero);

    private ObjectEvent Take()
    {
        var take = _queue.TakeAsync(CancellationToken.None);
        Assert.True(take.IsCompleted, "nothing is ready");
#pragma warning disable xUnit1031 // It is completed.
        return take.Result;
#pragma warning restore xUnit1031
    }

    private void HandOver(string name)
    {
        var taken = Take().Object;
        Assert.Equal(name, taken.Name);
        _queue.HandedOver(taken, Minute);
    }
}
