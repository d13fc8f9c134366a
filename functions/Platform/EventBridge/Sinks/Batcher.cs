namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>
/// Gathers what is sent at the same time into few requests, without waiting for more to come: one request is under way,
/// and what arrives meanwhile is the next one. Items go out in the order in which they were accepted.
/// </summary>
/// <param name="send">
/// Sends one batch. It may settle items by themselves (<see cref="Batched{T}"/>); those that it leaves are done when it returns, and fail when it throws.
/// </param>
/// <param name="limits">How large a batch may be, and how many items may wait.</param>
/// <param name="size">Bytes that an item adds to a request; null when only the count matters.</param>
internal sealed class Batcher<T>(Func<IReadOnlyList<Batched<T>>, Task> send, BatchLimits limits, Func<T, int>? size = null)
{
    private readonly Lock _lock = new();
    private readonly Queue<Batched<T>> _waiting = new();
    private readonly SemaphoreSlim _room = new(limits.Waiting);
    private bool _sending;

    /// <summary>Ends when the item was sent, with the failure of its request when there was one. Waits while too many others wait.</summary>
    /// <param name="value">The item.</param>
    /// <param name="cancellation">Gives up. An item that still waits is not sent; one that is under way may arrive.</param>
    public async Task AddAsync(T value, CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation);
        var item = new Batched<T>(value, size?.Invoke(value) ?? 0);
        lock (_lock)
        {
            _waiting.Enqueue(item);
            if (!_sending)
            {
                _sending = true;
                _ = SendAllAsync();
            }
        }

        await using var giveUp = cancellation.UnsafeRegister(static (state, token) => ((Batched<T>)state!).GiveUp(token), item);
        await item.Settled;
    }

    /// <summary>Runs until nothing waits. It never throws: every failure belongs to the items of a batch.</summary>
    private async Task SendAllAsync()
    {
        // Off the caller's thread, so that what is added together goes together.
        await Task.Yield();
        for (var batch = Next(); batch.Count > 0; batch = Next())
        {
            Exception? failure = null;
            try
            {
                await send(batch);
            }
            catch (Exception e)
            {
                failure = e;
            }

            foreach (var item in batch)
            {
                item.Settle(failure);
            }
        }
    }

    /// <summary>The next batch; empty, and then nobody is sending any more, when nothing waits.</summary>
    private List<Batched<T>> Next()
    {
        var batch = new List<Batched<T>>();
        long bytes = 0;
        lock (_lock)
        {
            // One that is too large by itself goes alone: the receiver says what is wrong with it.
            while (batch.Count < limits.Items && _waiting.TryPeek(out var item) && (batch.Count == 0 || bytes + item.Size <= limits.Bytes))
            {
                _waiting.Dequeue();
                _room.Release();
                if (!item.Settled.IsCompleted)
                {
                    batch.Add(item);
                    bytes += item.Size;
                }
            }

            _sending = batch.Count > 0;
        }

        return batch;
    }
}

/// <summary>Limits of a <see cref="Batcher{T}"/>.</summary>
/// <param name="Items">Items in one request.</param>
/// <param name="Bytes">Bytes in one request, as the items' sizes add up.</param>
internal sealed record BatchLimits(int Items, long Bytes = long.MaxValue)
{
    /// <summary>Items that may wait to be sent; whoever adds more waits.</summary>
    public int Waiting { get; init; } = 4096;
}

/// <summary>An item on its way. Who sends it may settle it before the rest of its batch; the first word counts.</summary>
internal sealed class Batched<T>(T value, int size)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public T Value => value;

    public int Size => size;

    internal Task Settled => _settled.Task;

    /// <summary>Sent, or failed for this reason.</summary>
    public void Settle(Exception? failure = null)
    {
        if (failure is null)
        {
            _settled.TrySetResult();
        }
        else
        {
            _settled.TrySetException(failure);
        }
    }

    internal void GiveUp(CancellationToken cancellation) => _settled.TrySetCanceled(cancellation);
}
