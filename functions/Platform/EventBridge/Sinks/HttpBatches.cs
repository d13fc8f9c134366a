using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>The batches of one function over HTTP: what waits while a request is under way is the next request. Each object gets its own part of the answer.</summary>
internal sealed class HttpBatches
{
    /// <summary>Requests that may be under way at a time, so that a slow object holds up a part of the function's work only.</summary>
    public const int Lanes = 4;

    private readonly Batcher<Item>[] _lanes;

    /// <param name="size">Most events in one request.</param>
    /// <param name="send">Sends one request.</param>
    public HttpBatches(int size, Func<IEnumerable<ObjectEvent>, Task<IntakeReply>> send) =>
        _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => new Batcher<Item>(batch => SendAsync(batch, send), new(size)))];

    /// <summary>The answer for this object, or its own failure.</summary>
    public async Task<EventAnswer> AddAsync(ObjectEvent change, CancellationToken cancellation)
    {
        var item = new Item(change);
        // By the object: what happens to it stays in one line.
        await _lanes[(uint)QueueKey.Of(change.Object).GetHashCode() % Lanes].AddAsync(item, cancellation);
        return item.Answer;
    }

    private static async Task SendAsync(IReadOnlyList<Batched<Item>> batch, Func<IEnumerable<ObjectEvent>, Task<IntakeReply>> send)
    {
        var reply = await send(batch.Select(b => b.Value.Change));
        foreach (var item in batch)
        {
            try
            {
                item.Value.Answer = reply.Of(item.Value.Change.Object);
            }
            catch (LookFailedException failed)
            {
                item.Settle(failed);
            }
        }
    }

    private sealed class Item(ObjectEvent change)
    {
        public ObjectEvent Change => change;
        public EventAnswer Answer { get; set; } = EventAnswer.Done;
    }
}
