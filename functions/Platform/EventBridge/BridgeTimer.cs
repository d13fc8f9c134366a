using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// Stands in for a timer function that may be scaled to zero: when its time comes, the bridge has work for it.
/// That wakes it (the scaler says so), and the tick is delivered like any event, once it is there.
/// </summary>
internal sealed class BridgeTimer(string function, EventBridgeHost bridge) : ITimerFunction
{
    public string Name => function;

    public IReadOnlyList<AccessRule> Access => [];

    public Task TickAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        bridge.Ask(function, TimerTick.Due(function, now));
        return Task.CompletedTask;
    }
}
