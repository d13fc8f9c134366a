using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>What is one look, what comes first, and what is kept.</summary>
public sealed class FunctionQueueTests : FunctionQueueScene
{
    [Fact]
    public void Changes_before_a_look_are_one_look_and_the_last_one_tells()
    {
        Add("a", ObjectChange.Add);
        Add("a", ObjectChange.Update);
        Add("a", ObjectChange.Delete);

        Assert.Equal(ObjectChange.Delete, Take("a").Change);
        Assert.Equal(0, Queue.Figures().Ready);
    }

    [Fact]
    public void One_object_is_in_flight_once()
    {
        Add("a");
        Take("a");
        Add("a");
        Assert.Equal((0, 1), (Queue.Figures().Ready, Queue.Figures().InFlight));

        Queue.Succeeded(Ref("a"), null);
        Take("a");
    }

    [Fact]
    public void Many_changes_in_flight_are_one_further_look()
    {
        Add("a");
        Take("a");
        Add("a");
        Add("a");
        Queue.Succeeded(Ref("a"), null);
        Take("a");
        Queue.Succeeded(Ref("a"), null);
        Assert.Equal(0, Queue.Count);
    }

    [Fact]
    public void Objects_are_looked_at_in_the_order_of_their_change()
    {
        Add("b");
        Add("a");
        Add("b");
        Assert.Equal(["b", "a"], [Take().Object.Name, Take().Object.Name]);
    }

    [Fact]
    public void Names_may_hold_dots_and_namespaces_differ()
    {
        Queue.Add(new(ObjectChange.Add, new(KubernetesKinds.Secret, "a.b", "c")), TimeSpan.Zero);
        Queue.Add(new(ObjectChange.Add, new(KubernetesKinds.Secret, "a", "b.c")), TimeSpan.Zero);
        Queue.Add(new(ObjectChange.Add, new(KubernetesKinds.Pod, "a", "b.c")), TimeSpan.Zero);
        Assert.Equal(3, Queue.Figures().Ready);
    }

    [Fact]
    public void Another_UID_of_the_same_name_is_the_same_work()
    {
        Queue.Add(new(ObjectChange.Add, Ref("a") with { Uid = "1" }), TimeSpan.Zero);
        Queue.Add(new(ObjectChange.Add, Ref("a") with { Uid = "2" }), TimeSpan.Zero);
        Assert.Equal("2", Take("a").Object.Uid);
        Assert.Equal(0, Queue.Figures().Ready);
    }

    [Fact]
    public void What_is_done_is_forgotten()
    {
        for (var i = 0; i < 100; i++)
        {
            Add($"at-once-{i}");
            Queue.Add(Change($"seldom-{i}"), Second);
        }

        while (Queue.Figures().Ready > 0)
        {
            Queue.Succeeded(Take().Object, null);
        }

        Time.Advance(Second);
        Assert.Null(Queue.ReleaseDue());
        Assert.Equal(0, Queue.Count);
    }

    [Fact]
    public void A_table_that_was_large_at_the_start_shrinks_and_loses_nothing()
    {
        const int Many = 10_000, Left = 10;
        var names = Enumerable.Range(0, Many).Select(i => $"o-{i}").ToArray();
        foreach (var name in names)
        {
            Add(name);
        }

        Assert.True(Queue.Room >= Many);
        foreach (var name in names[..^Left])
        {
            Take(name);
            Queue.Succeeded(Ref(name), null);
        }

        Assert.InRange(Queue.Room, Left, 2048);
        Assert.Equal(Left, Queue.Count);
        foreach (var name in names[^Left..])
        {
            Take(name);
        }
    }

    [Fact]
    public void The_oldest_is_the_oldest_change_that_no_finished_look_has_seen()
    {
        Add("a");
        Time.Advance(Second);
        Assert.Equal(Second, Queue.Figures().Oldest);
        Take("a");
        Time.Advance(Second);
        Add("a");
        Time.Advance(Second);
        Queue.Succeeded(Ref("a"), null);
        Assert.Equal(Second, Queue.Figures().Oldest);
        Take("a");
        Queue.Succeeded(Ref("a"), Time.GetUtcNow() + Hour);
        Time.Advance(Hour);
        Assert.Equal(TimeSpan.Zero, Queue.Figures().Oldest);
        Queue.ReleaseDue();
        Time.Advance(Second);
        Assert.Equal(Second, Queue.Figures().Oldest);
    }
}
