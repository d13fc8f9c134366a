using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>Who is looked at first: changes before first looks, and each behind its like.</summary>
public sealed class FunctionQueueLanesTests : FunctionQueueScene
{
    [Fact]
    public void What_is_put_back_is_ready_behind_the_others_and_no_failure()
    {
        Add("a");
        Add("b");
        Take();
        Queue.PutBack(Ref("a"));
        Assert.Equal(0, Queue.Figures().Failing);
        Assert.Equal(["b", "a"], [Take().Object.Name, Take().Object.Name]);
    }

    [Fact]
    public void A_change_does_not_wait_behind_first_looks()
    {
        for (var i = 0; i < 100; i++)
        {
            Queue.Add(new(ObjectChange.Add, Ref($"first-{i}")), TimeSpan.Zero, isFirstLook: true);
        }

        Add("changed");
        Add("first-99");
        Assert.Equal(["changed", "first-99"], [Take().Object.Name, Take().Object.Name]);
        var rest = Enumerable.Range(0, 99).Select(_ => Take().Object.Name).ToList();
        Assert.Equal(Enumerable.Range(0, 99).Select(i => $"first-{i}"), rest);
        Assert.Equal(0, Queue.Figures().Ready);
    }

    [Fact]
    public void A_change_during_a_first_look_does_not_wait_behind_the_other_first_looks()
    {
        for (var i = 0; i < 10; i++)
        {
            Queue.Add(new(ObjectChange.Add, Ref($"first-{i}")), TimeSpan.Zero, isFirstLook: true);
        }

        var taken = Take().Object;
        Add(taken.Name);
        Queue.Succeeded(taken, null);
        Assert.Equal(taken.Name, Take().Object.Name);
    }

    [Fact]
    public void What_was_put_back_stays_a_first_look()
    {
        Queue.Add(new(ObjectChange.Add, Ref("first")), TimeSpan.Zero, isFirstLook: true);
        Queue.PutBack(Take().Object);
        Add("changed");
        Assert.Equal("changed", Take().Object.Name);
    }

    [Fact]
    public void First_looks_go_on_beside_a_stream_of_changes()
    {
        Queue.Add(new(ObjectChange.Add, Ref("first")), TimeSpan.Zero, isFirstLook: true);
        for (var i = 0; i < 4; i++)
        {
            Add($"changed-{i}");
        }

        Assert.Contains("first", Enumerable.Range(0, 4).Select(_ => Take().Object.Name));
    }

    [Fact]
    public void What_was_cleared_does_not_pile_up_when_a_bridge_leads_again_and_again_while_nobody_takes()
    {
        for (var term = 0; term < 5; term++)
        {
            Queue.Clear();
            Queue.Add(new(ObjectChange.Add, Ref("first")), TimeSpan.Zero, isFirstLook: true);
            Add("changed");
        }

        Assert.Equal(2, Queue.Lying);
        Assert.Equal(["changed", "first"], [Take().Object.Name, Take().Object.Name]);
        Assert.False(Queue.TakeAsync(CancellationToken.None).IsCompleted);
    }
}
