using AgentWarden.FunctionsHost.App;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>
/// The queue trigger of the Functions host: takes a batch and hides it for ten minutes, deletes what went well, lets what failed rest,
/// and moves it to <c>QUEUE-poison</c> when it failed too often; text that cannot be decoded goes there at once.
/// </summary>
internal sealed class QueueListener : IAsyncDisposable
{
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(10), FirstPause = TimeSpan.FromMilliseconds(100);

    /// <summary>What a host of today speaks, and the emulator knows.</summary>
    private const QueueClientOptions.ServiceVersion Version = QueueClientOptions.ServiceVersion.V2024_11_04;

    private readonly QueueMessageEncoding _encoding;
    private readonly QueueRules _rules;
    private readonly Func<QueueTriggerMessage, Task<bool>> _function;
    private readonly QueueClient _queue, _poison, _poisonAsItIs;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="connection">Of the account.</param>
    /// <param name="queue">Its name.</param>
    /// <param name="rules">Of host.json.</param>
    /// <param name="function">Says whether it succeeded.</param>
    public QueueListener(string connection, string queue, QueueRules rules, Func<QueueTriggerMessage, Task<bool>> function)
    {
        (_rules, _function) = (rules, function);
        _encoding = rules.Base64 ? QueueMessageEncoding.Base64 : QueueMessageEncoding.None;
        _poison = new(connection, $"{queue}-poison", Options());
        _poisonAsItIs = new(connection, $"{queue}-poison", new(Version));
        var options = Options();
        options.MessageDecodingFailed += failed => GiveUpAsync(failed.ReceivedMessage, _poisonAsItIs);
        _queue = new(connection, queue, options);
        _running = RunAsync();

        QueueClientOptions Options() => new(Version) { MessageEncoding = _encoding };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (var pause = FirstPause; !_stop.IsCancellationRequested;)
        {
            if (await TakeAsync() > 0)
            {
                pause = FirstPause;
                continue;
            }

            await Task.Delay(pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _rules.MaxPollingInterval.Ticks));
        }
    }

    private async Task<int> TakeAsync()
    {
        try
        {
            QueueMessage[] messages = await _queue.ReceiveMessagesAsync(_rules.BatchSize, Hidden, _stop.Token);
            await Task.WhenAll(messages.Select(HandleAsync));
            return messages.Length;
        }
        catch (Exception away) when (away is RequestFailedException { Status: 0 or 404 or >= 500 } or AggregateException)
        {
            // Not there yet, or away: then every attempt has failed. What it gave out comes back when its time is over.
            return 0;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    private async Task HandleAsync(QueueMessage message)
    {
        var (id, receipt) = (message.MessageId, message.PopReceipt);
        var (inserted, expires, visible) = (message.InsertedOn, message.ExpiresOn, message.NextVisibleOn);
        if (await _function(new(id, receipt, $"{message.Body}", message.DequeueCount, inserted, expires, visible)))
        {
            await _queue.DeleteMessageAsync(id, receipt, CancellationToken.None);
        }
        else if (message.DequeueCount >= _rules.MaxDequeueCount)
        {
            await GiveUpAsync(message, _poison);
        }
        else
        {
            await _queue.UpdateMessageAsync(id, receipt, visibilityTimeout: _rules.VisibilityTimeout);
        }
    }

    private async Task GiveUpAsync(QueueMessage message, QueueClient poison)
    {
        await poison.CreateIfNotExistsAsync();
        await poison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromSeconds(-1));
        await _queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
    }
}

/// <summary>A message that a queue trigger took.</summary>
internal sealed record QueueTriggerMessage(
    string Id,
    string Receipt,
    string Text,
    long DequeueCount,
    DateTimeOffset? Inserted,
    DateTimeOffset? Expires,
    DateTimeOffset? NextVisible);
