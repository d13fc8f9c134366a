using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>A queue on a clock that the test sets, and what tests of it do all the time.</summary>
public abstract class FunctionQueueScene
{
    private protected static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Hour = TimeSpan.FromHours(1);

    private protected FunctionQueueScene() => Queue = new(Time, new BackoffOptions { First = Second, Longest = TimeSpan.FromMinutes(1) });

    private protected ManualTime Time { get; } = new();

    private protected FunctionQueue Queue { get; }

    private protected static ObjectReference Ref(string name) => new(KubernetesKinds.Secret, "kagent", name);

    private protected static ObjectEvent Change(string name, ObjectChange change = ObjectChange.Update) => new(change, Ref(name));

    private protected void Add(string name, ObjectChange change = ObjectChange.Update) => Queue.Add(Change(name, change), TimeSpan.Zero);

    private protected ObjectEvent Take(string? name = null)
    {
        var take = Queue.TakeAsync(CancellationToken.None);
        Assert.True(take.IsCompleted, "nothing is ready");
#pragma warning disable xUnit1031 // It is completed.
        var change = take.Result;
#pragma warning restore xUnit1031
        Assert.Equal(name ?? change.Object.Name, change.Object.Name);
        return change;
    }

    /// <summary>Nothing is ready a moment before this time has passed, and something is after it.</summary>
    private protected void NothingUntil(TimeSpan time)
    {
        var moment = TimeSpan.FromTicks(1);
        Time.Advance(time - moment);
        Assert.Equal(moment, Queue.ReleaseDue());
        Assert.Equal(0, Queue.Figures().Ready);
        Time.Advance(moment);
        Queue.ReleaseDue();
        Assert.Equal(1, Queue.Figures().Ready);
    }

    private protected void FailTimes(int times)
    {
        Add("a");
        for (var i = 0; i < times; i++)
        {
            Queue.ReleaseDue();
            Take("a");
            var delay = Queue.Failed(Ref("a"), null);
            Time.Advance(i < times - 1 ? delay : TimeSpan.Zero);
        }
    }
}
