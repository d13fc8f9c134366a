using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.EventGrid;

/// <summary>Publishes to an Azure Event Grid topic or domain in the CloudEvents 1.0 schema. Deliveries at the same time share a request.</summary>
/// <remarks>No member's signature names a type of Azure's: its libraries are loaded only when <see cref="FromSettings"/> is called.</remarks>
internal sealed class EventGridSink : IEventSink
{
    /// <summary>The service takes 1 MB a request, whichever megabyte is meant; and no more events than one of our own intakes takes.</summary>
    public static readonly BatchLimits Limits = new(Items: 500, Bytes: 1_000_000);

    private readonly Batcher<byte[]> _batcher;
    private readonly string _source;
    private readonly TimeProvider _clock;

    public EventGridSink(EventGridPublisher publisher, string source, TimeProvider clock)
    {
        _batcher = new(publisher.PublishAsync, Limits, EncodedBatch.Size);
        (_source, _clock) = (source, clock);
    }

    /// <summary>What waits here fills the next request, so many may.</summary>
    public int Concurrency => 128;

    /// <summary>By the settings <c>AGENTWARDEN_EVENTGRID_…</c>.</summary>
    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static EventGridSink FromSettings(Func<string, string?> settings, string source, TimeProvider clock, ILoggerFactory loggers) =>
        new(EventGridPublisher.Create(EventGridSettings.Read(settings), () => EntraIdentity.Choose(settings), AzurePipeline.Transport(connections: 4), clock, loggers), source, clock);

    public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation)
    {
        await _batcher.AddAsync(new AddressedEvent(function, change).Encode(_source, _clock.GetUtcNow()), cancellation);
        return Delivery.HandedOver;
    }
}
