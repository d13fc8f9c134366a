using AgentWarden.Platform.Hosting;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Messaging.EventGrid;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.EventGrid;

/// <summary>Publishes batches of encoded CloudEvents to one topic, and says of each event what became of it.</summary>
/// <param name="client">The topic.</param>
/// <param name="keyFile">Where its key comes from, when it comes from a file.</param>
/// <param name="usesKey">For the advice when access is denied: a key, or an identity.</param>
/// <param name="clock">For dates in <c>Retry-After</c>.</param>
internal sealed class EventGridPublisher(EventGridPublisherClient client, TopicKeyFile? keyFile, bool usesKey, TimeProvider clock)
{
    private const string Service = "the Event Grid topic";

    /// <exception cref="HostingException">The key's file cannot be read.</exception>
    public static EventGridPublisher Create(EventGridSettings settings, Func<TokenCredential> identity, HttpPipelineTransport transport, TimeProvider clock, ILoggerFactory loggers)
    {
        var options = AzurePipeline.Configure(new EventGridPublisherClientOptions { Transport = transport });
        var keyFile = settings.KeyFile is { } path ? new TopicKeyFile(path, clock, loggers.CreateLogger("AgentWarden.EventGrid")) : null;
        var key = keyFile?.Credential ?? (settings.Key is { } text ? new AzureKeyCredential(text) : null);
        var client = key is null ? new EventGridPublisherClient(settings.Endpoint, identity(), options) : new EventGridPublisherClient(settings.Endpoint, key, options);
        return new(client, keyFile, settings.HasKey, clock);
    }

    /// <summary>Sends a batch. One that is refused for what it holds is halved until the culprit is found; only that one fails.</summary>
    /// <exception cref="SinkUnavailableException">Nobody took what is not settled yet.</exception>
    public async Task PublishAsync(IReadOnlyList<Batched<byte[]>> batch)
    {
        keyFile?.Refresh();
        try
        {
            await client.SendEncodedCloudEventsAsync(EncodedBatch.Join(batch));
        }
        catch (RequestFailedException e) when (e.Status is 400 or 413)
        {
            await HalveAsync(batch, e);
            return;
        }
        catch (RequestFailedException e) when (e.GetRawResponse() is { } answer)
        {
            keyFile?.Refresh(refused: e.Status == 401);
            throw AzureFailure.Busy(answer, Service, clock.GetUtcNow()) ?? Denied(e);
        }
        catch (Exception e) when (AzureFailure.IsUnreachable(e))
        {
            throw AzureFailure.Unreachable(e, Service, EventGridSettings.EndpointSetting);
        }

        foreach (var item in batch)
        {
            item.Settle();
        }
    }

    private async Task HalveAsync(IReadOnlyList<Batched<byte[]>> batch, RequestFailedException refusal)
    {
        if (batch.Count == 1)
        {
            batch[0].Settle(new EventRefusedException(refusal.Status == 413
                ? $"Event Grid refuses an event of {batch[0].Size} bytes as too large (413)."
                : $"Event Grid refuses the event ({refusal.Status}{(refusal.ErrorCode is { } code ? $" {code}" : "")}). If it refuses all, the topic's input schema is not CloudEventSchemaV1_0.", refusal));
            return;
        }

        var half = batch.Count / 2;
        await PublishAsync([.. batch.Take(half)]);
        await PublishAsync([.. batch.Skip(half)]);
    }

    private SinkUnavailableException Denied(RequestFailedException refusal) => new(refusal.Status switch
    {
        401 or 403 when usesKey => $"Event Grid refuses the key ({refusal.Status}): put an access key of the topic into {EventGridSettings.KeySetting} or the file of {EventGridSettings.KeyFileSetting}, and see that the topic allows local authentication and this network.",
        401 or 403 => $"Event Grid refuses this process's identity ({refusal.Status}): give it the role EventGrid Data Sender on the topic, and see that the topic allows this network.",
        404 => $"There is no such topic (404): check {EventGridSettings.EndpointSetting}.",
        _ => $"Event Grid answers {refusal.Status}: check that {EventGridSettings.EndpointSetting} names a topic or domain.",
    }, refusal);
}
