using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.EventGridIntake;

/// <summary>Takes CloudEvents from the Azure Functions host's own Event Grid webhook, in batches, to the event functions. One topic serves them all.</summary>
internal sealed class EventGridIntakeFunction(MessageIntake intake) : IMessageFunction
{
    public string Name => "EventGridIntake";

    /// <summary>Nothing of its own: the functions that it calls say what they need.</summary>
    public IReadOnlyList<AccessRule> Access => [];

    public Task TakeAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation) => intake.TakeAsync(events, "eventgrid", cancellation);
}
