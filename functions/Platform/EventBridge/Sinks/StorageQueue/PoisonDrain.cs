using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>
/// The Functions host moves a message on which a function failed five times into <c>QUEUE-poison</c> and forgets it.
/// This takes it from there and hands it back to the bridge, which delivers it again with backoff: nothing is lost.
/// </summary>
/// <remarks>
/// A message that cannot be handed back is moved to <c>QUEUE-parked</c>, where an operator sees it: in <c>QUEUE-poison</c> it would be hidden while it is held,
/// and read again for ever. Nothing is dropped: every delete comes after a hand-over or a put.
/// </remarks>
internal sealed partial class PoisonDrain
{
    /// <summary>What the Functions host appends; fixed there.</summary>
    private const string PoisonSuffix = "-poison";
    private const string ParkedSuffix = "-parked";

    /// <summary>A message comes back after this when it was neither handed over nor parked.</summary>
    private static readonly TimeSpan Hidden = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly QueueClient _queue, _poison, _parked;
    private readonly Func<string, ObjectEvent, Task> _failed;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly KindTable _kinds;
    private readonly HashSet<string> _functions;
    private long _handedBack, _waiting, _inParking;

    public PoisonDrain(QueueClient queue, IReadOnlyList<IEventHandler> functions, Func<string, ObjectEvent, Task> failed, TimeProvider clock, ILogger log)
    {
        (_queue, _poison, _parked) = (queue, queue.Beside(PoisonSuffix), queue.Beside(ParkedSuffix));
        (_failed, _clock, _log) = (failed, clock, log);
        _kinds = KindTable.Of(functions);
        _functions = functions.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Figures for metrics, as of the last round; asking costs nothing.</summary>
    public PoisonFigures Figures => new(Interlocked.Read(ref _waiting), Interlocked.Read(ref _handedBack), Interlocked.Read(ref _inParking));

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
                LogRoundFailed(e, _poison.Name, Pause);
            }

            await Task.Delay(Pause, _clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Empties the poison queue as far as it can, and reads the figures.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        while (await _poison.GetAsync(QueueClient.MostAtOnce, Hidden, cancellation) is { Count: > 0 } messages)
        {
            foreach (var message in messages)
            {
                await TakeAsync(message, cancellation);
            }
        }

        Interlocked.Exchange(ref _waiting, await _queue.ApproximateCountAsync(cancellation));
        Interlocked.Exchange(ref _inParking, await _parked.ApproximateCountAsync(cancellation));
    }

    private async Task TakeAsync(QueueMessage message, CancellationToken cancellation)
    {
        var (addressed, problem) = Read(message);
        if (addressed is null)
        {
            await _parked.PutAsync(message.Text, timeToLive: null, cancellation);
            await _poison.DeleteAsync(message, cancellation);
            LogParked(message.Id, _poison.Name, _parked.Name, problem!);
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

        await _poison.DeleteAsync(message, cancellation);
        Interlocked.Increment(ref _handedBack);
        LogHandedBack(addressed.Function, addressed.Change.Object.ToString());
    }

    private (AddressedEvent? Event, string? Problem) Read(QueueMessage message)
    {
        if (QueueText.Decode(message.Text) is not { } content)
        {
            return (null, "its text is not base64");
        }

        var (addressed, problem) = AddressedEvent.Decode(content, _kinds);
        return addressed is not null && !_functions.Contains(addressed.Function) ? (null, "its attribute function names none of the event functions that are on here") : (addressed, problem);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function} failed on {Object} as often as its host tries; the event bridge will deliver it again")]
    private partial void LogHandedBack(string function, string @object);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {Id} of the queue {Poison} cannot be delivered again and was moved to the queue {Parked}: {Problem}. Look at it there, then delete it")]
    private partial void LogParked(string id, string poison, string parked, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The event bridge did not take {Object} back for {Function}; the message stays in the poison queue")]
    private partial void LogNotTaken(Exception failure, string function, string @object);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue {Poison} could not be emptied; the next try is in {Pause}")]
    private partial void LogRoundFailed(Exception failure, string poison, TimeSpan pause);
}

/// <summary>Figures of the event queue.</summary>
/// <param name="Waiting">Messages in the event queue, hidden ones too; approximate.</param>
/// <param name="HandedBack">Deliveries that this process gave back to the bridge.</param>
/// <param name="Parked">Messages that wait for an operator; approximate.</param>
internal sealed record PoisonFigures(long Waiting, long HandedBack, long Parked);
