using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.QueueIntake;

/// <summary>Takes CloudEvents from an Azure Storage queue to the event functions. One queue serves them all.</summary>
internal sealed class QueueIntakeFunction(MessageIntake intake) : IMessageFunction
{
    public string Name => "QueueIntake";

    /// <summary>Nothing of its own: the functions that it calls say what they need.</summary>
    public IReadOnlyList<AccessRule> Access => [];

    public Task TakeAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation) => intake.TakeAsync(events, "queue", cancellation);
}
