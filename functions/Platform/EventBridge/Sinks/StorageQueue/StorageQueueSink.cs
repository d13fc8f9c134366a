using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>Puts each delivery into the function's own Azure Storage queue, as the Functions host's queue trigger reads it.</summary>
/// <remarks>No member's signature names a type of Azure's: its libraries are loaded only when <see cref="FromSettings"/> is called.</remarks>
internal sealed class StorageQueueSink(EventQueues queues, TimeSpan? timeToLive, string source, TimeProvider clock, ILoggerFactory loggers) : IEventSink
{
    private const int Connections = 64;

    /// <summary>The service has no batches: messages go out side by side.</summary>
    public int Concurrency => 32;

    /// <summary>By the settings <c>AGENTWARDEN_QUEUE_…</c> and the connection that they name.</summary>
    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static StorageQueueSink FromSettings(Func<string, string?> settings, string source, TimeProvider clock, ILoggerFactory loggers)
    {
        var read = QueueSettings.Read(settings);
        var queues = EventQueues.Open(read, () => EntraIdentity.Choose(settings, read.ClientId), AzurePipeline.Transport(Connections), clock);
        return new(queues, read.TimeToLive, source, clock, loggers);
    }

    /// <summary>What gives back the messages on which the Functions host gave up. Run it in one process at a time.</summary>
    /// <param name="functions">All functions of this installation to which the bridge delivers.</param>
    /// <param name="failed">Takes a delivery that failed; when it throws, the message stays and is handed over again.</param>
    public PoisonDrain PoisonDrain(IReadOnlyList<IHandler> functions, Func<string, ObjectEvent, Task> failed) =>
        new(queues, functions, failed, clock, loggers.CreateLogger("AgentWarden.PoisonDrain"));

    /// <exception cref="EventRefusedException">The message would be larger than the service takes.</exception>
    /// <inheritdoc/>
    public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation)
    {
        var text = QueueText.Encode(new AddressedEvent(function, change).Encode(source, clock.GetUtcNow()));
        if (text.Length > QueueText.Limit)
        {
            throw new EventRefusedException($"An event for {function} makes a message of {text.Length} bytes; the queue takes at most {QueueText.Limit}.");
        }

        await queues.Of(function).PutAsync(text, timeToLive, cancellation);
        return Delivery.HandedOver;
    }
}
