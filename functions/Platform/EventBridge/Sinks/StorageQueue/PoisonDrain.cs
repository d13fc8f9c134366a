using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.CloudEvents;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>
/// The Functions host moves a message on which a function failed five times into <c>QUEUE-poison</c> and forgets it.
/// This takes it from there, for every function, and hands it back to the bridge, which delivers it again with backoff: nothing is lost.
/// </summary>
/// <remarks>
/// A message that cannot be handed back is moved to <c>QUEUE-parked</c>, where an operator sees it: in <c>QUEUE-poison</c> it would be hidden while it is held,
/// and read again for ever. Nothing is dropped: every delete comes after a hand-over or a put.
/// </remarks>
internal sealed partial class PoisonDrain
{
    /// <summary>A message comes back after this when it was neither handed over nor parked.</summary>
    private static readonly TimeSpan Hidden = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly EventQueues _queues;
    private readonly Func<string, ObjectEvent, Task> _failed;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly KindTable _kinds;
    private readonly IReadOnlyList<FunctionFigures> _functions;

    public PoisonDrain(EventQueues queues, IReadOnlyList<IHandler> functions, Func<string, ObjectEvent, Task> failed, TimeProvider clock, ILogger log)
    {
        (_queues, _failed, _clock, _log) = (queues, failed, clock, log);
        _kinds = KindTable.Of(functions.OfType<IEventHandler>());
        _functions = [.. functions.Select(f => new FunctionFigures(f.Name))];
    }

    /// <summary>Figures for metrics, for each function, as of the last round; asking costs nothing.</summary>
    public IEnumerable<PoisonFigures> Figures => _functions.Select(f => f.Now);

    /// <summary>Looks every few seconds until cancelled. A failure is logged and the next round tries again.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogRoundFailed(e, Pause);
            }

            await Task.Delay(Pause, _clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Empties the poison queues as far as it can, and reads the figures. One function's trouble does not keep the others waiting.</summary>
    /// <exception cref="Exception">The first that went wrong, after all were tried.</exception>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        Exception? first = null;
        foreach (var function in _functions)
        {
            try
            {
                await EmptyAsync(function, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                first ??= e;
            }
        }

        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }

    private async Task EmptyAsync(FunctionFigures function, CancellationToken cancellation)
    {
        var (poison, parked) = (_queues.PoisonOf(function.Name), _queues.ParkedOf(function.Name));
        while (await poison.GetAsync(EventQueue.MostAtOnce, Hidden, cancellation) is { Count: > 0 } messages)
        {
            foreach (var message in messages)
            {
                await TakeAsync(message, function, poison, parked, cancellation);
            }
        }

        function.Counted(await _queues.Of(function.Name).ApproximateCountAsync(cancellation), await parked.ApproximateCountAsync(cancellation));
    }

    private async Task TakeAsync(QueueMessage message, FunctionFigures function, EventQueue poison, EventQueue parked, CancellationToken cancellation)
    {
        var (addressed, problem) = Read(message);
        if (addressed is null)
        {
            await parked.PutAsync(message.MessageText, timeToLive: null, cancellation);
            await poison.DeleteAsync(message, cancellation);
            LogParked(message.MessageId, poison.Name, parked.Name, problem!);
            return;
        }

        try
        {
            await _failed(addressed.Function, addressed.Change);
        }
        catch (Exception e)
        {
            // It stays hidden for a while and comes again.
            LogNotTaken(e, addressed.Function, addressed.Change.Object.ToString());
            return;
        }

        await poison.DeleteAsync(message, cancellation);
        function.CountHandedBack();
        LogHandedBack(addressed.Function, addressed.Change.Object.ToString());
    }

    private (AddressedEvent? Event, string? Problem) Read(QueueMessage message)
    {
        if (QueueText.Decode(message.MessageText) is not { } content)
        {
            return (null, "its text is not base64");
        }

        var (addressed, problem) = AddressedEvent.Decode(content, _kinds);
        return addressed is not null && !_functions.Any(f => string.Equals(f.Name, addressed.Function, StringComparison.Ordinal))
            ? (null, "its attribute function names none of the event functions that are on here")
            : (addressed, problem);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function} failed on {Object} as often as its host tries; the event bridge will deliver it again")]
    private partial void LogHandedBack(string function, string @object);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Message {Id} of the queue {Poison} cannot be delivered again and was moved to the queue {Parked}: {Problem}. Look at it there, then delete it")]
    private partial void LogParked(string id, string poison, string parked, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The event bridge did not take {Object} back for {Function}; the message stays in the poison queue")]
    private partial void LogNotTaken(Exception failure, string function, string @object);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The poison queues could not all be emptied; the next try is in {Pause}")]
    private partial void LogRoundFailed(Exception failure, TimeSpan pause);

    /// <summary>One function's figures, written by the rounds and read by whoever asks.</summary>
    private sealed class FunctionFigures(string name)
    {
        private long _waiting, _handedBack, _parked;

        public string Name => name;

        public PoisonFigures Now => new(name, Interlocked.Read(ref _waiting), Interlocked.Read(ref _handedBack), Interlocked.Read(ref _parked));

        public void Counted(long waiting, long parked)
        {
            Interlocked.Exchange(ref _waiting, waiting);
            Interlocked.Exchange(ref _parked, parked);
        }

        public void CountHandedBack() => Interlocked.Increment(ref _handedBack);
    }
}

/// <summary>Figures of a function's event queue.</summary>
/// <param name="Function">The function.</param>
/// <param name="Waiting">Messages in its queue, hidden ones too; approximate.</param>
/// <param name="HandedBack">Deliveries that this process gave back to the bridge.</param>
/// <param name="Parked">Messages that wait for an operator; approximate.</param>
internal sealed record PoisonFigures(string Function, long Waiting, long HandedBack, long Parked);
