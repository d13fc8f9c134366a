using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>One queue of Azure Storage, with what to mend when it cannot be used.</summary>
/// <remarks>
/// All calls throw <see cref="SinkUnavailableException"/> when the service or the queue cannot be used. None is repeated here but one that got no answer
/// at all (<see cref="AzurePipeline"/>): the bridge waits and delivers again.
/// </remarks>
internal sealed class EventQueue(QueueClient queue, QueueFailure failure)
{
    /// <summary>The most messages that one call may get.</summary>
    public const int MostAtOnce = 32;

    private static readonly TimeSpan NeverExpires = TimeSpan.FromSeconds(-1);

    public string Name => queue.Name;

    /// <summary>Puts a message, and makes the queue first when it is absent.</summary>
    /// <param name="text">At most <see cref="QueueText.Limit"/> bytes.</param>
    /// <param name="timeToLive">When it is dropped unread; null for never.</param>
    /// <param name="cancellation">Ends the call; the message may have arrived.</param>
    /// <exception cref="EventRefusedException">The service takes messages, but not this one.</exception>
    public async Task PutAsync(string text, TimeSpan? timeToLive, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(text, timeToLive, cancellation);
        }
        catch (RequestFailedException e) when (QueueFailure.IsAbsent(e))
        {
            await CallAsync("create", () => queue.CreateIfNotExistsAsync(cancellationToken: cancellation), cancellation);
            await CallAsync("put a message into", () => SendAsync(text, timeToLive, cancellation), cancellation);
        }
        catch (Exception e) when (QueueFailure.Knows(e, cancellation))
        {
            throw failure.Of(e, "put a message into", Name);
        }
    }

    /// <summary>Takes messages and hides them from others for a while; none when the queue is empty or absent.</summary>
    public Task<IReadOnlyList<QueueMessage>> GetAsync(int count, TimeSpan hidden, CancellationToken cancellation) => CallAsync<IReadOnlyList<QueueMessage>>(
        "read", async () => (await queue.ReceiveMessagesAsync(count, hidden, cancellation)).Value, cancellation, whenAbsent: []);

    /// <summary>Deletes a message that was got. One that is gone, or that somebody else got meanwhile, is left to them.</summary>
    public async Task DeleteAsync(QueueMessage message, CancellationToken cancellation)
    {
        try
        {
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellation);
        }
        catch (RequestFailedException e) when (QueueFailure.IsGone(e))
        {
            return;
        }
        catch (Exception e) when (QueueFailure.Knows(e, cancellation))
        {
            throw failure.Of(e, "delete a message of", Name);
        }
    }

    /// <summary>About how many messages there are, hidden ones too; 0 when the queue is absent.</summary>
    public Task<long> ApproximateCountAsync(CancellationToken cancellation) =>
        CallAsync("count", async () => (await queue.GetPropertiesAsync(cancellation)).Value.ApproximateMessagesCountLong, cancellation, whenAbsent: 0);

    private Task SendAsync(string text, TimeSpan? timeToLive, CancellationToken cancellation) =>
        queue.SendMessageAsync(text, visibilityTimeout: null, timeToLive ?? NeverExpires, cancellation);

    private async Task CallAsync(string deed, Func<Task> call, CancellationToken cancellation)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (QueueFailure.Knows(e, cancellation))
        {
            throw failure.Of(e, deed, Name);
        }
    }

    private async Task<T> CallAsync<T>(string deed, Func<Task<T>> call, CancellationToken cancellation, T whenAbsent)
    {
        try
        {
            return await call();
        }
        catch (RequestFailedException e) when (QueueFailure.IsAbsent(e))
        {
            return whenAbsent;
        }
        catch (Exception e) when (QueueFailure.Knows(e, cancellation))
        {
            throw failure.Of(e, deed, Name);
        }
    }
}
