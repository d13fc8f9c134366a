using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>A broker whose functions cannot report to the bridge, because they run where it is not reached: from the hand-over on, the broker's own attempts are all there is.</summary>
internal sealed class UnreportedSink(IEventSink broker) : IEventSink
{
    public int Concurrency => broker.Concurrency;

    public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation) =>
        new((await broker.DeliverAsync(function, change, cancellation)).Answer ?? EventAnswer.Done);
}
