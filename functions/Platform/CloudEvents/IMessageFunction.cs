using AgentWarden.Kernel.Contracts;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Called with the CloudEvents of a message, from a queue or a topic.</summary>
internal interface IMessageFunction : IFunction
{
    /// <summary>Takes all of them. When it returns, the message is done; when it throws, the whole message comes again.</summary>
    /// <exception cref="CloudEventException">An event is malformed; nothing has been called.</exception>
    Task TakeAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation);
}
