using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>Looks that a process makes by itself although a bridge elsewhere has the queues: their wishes go there, because this process may be gone when they are due.</summary>
internal sealed class ReportingSink(IEventSink inner, ILookReports reports) : IEventSink
{
    public int Concurrency => inner.Concurrency;

    public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation)
    {
        if ((await inner.DeliverAsync(function, change, cancellation)).Answer is { } answer)
        {
            // A report of this very version would end a delivery that is under way elsewhere; this look was none.
            await reports.ReportAsync([new(function, change.Object with { ResourceVersion = null }, answer)], cancellation);
        }

        return new(EventAnswer.Done);
    }
}
