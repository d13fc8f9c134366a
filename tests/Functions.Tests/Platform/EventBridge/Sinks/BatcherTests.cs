using AgentWarden.Platform.EventBridge.Sinks;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

public sealed class BatcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_arrives_while_a_request_is_under_way_is_the_next_request_in_the_same_order()
    {
        var line = new Line();
        var batcher = line.Batcher(new(Items: 100));
        var first = batcher.AddAsync(0, CancellationToken.None);
        await line.NextAsync();
        var others = Enumerable.Range(1, 10).Select(i => batcher.AddAsync(i, CancellationToken.None)).ToArray();
        line.Answer();
        await first.WaitAsync(Patience);
        await line.NextAsync();
        line.Answer();
        await Task.WhenAll(others).WaitAsync(Patience);
        Assert.Equal([[0], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], line.Sent);
    }

    [Fact]
    public async Task A_request_holds_no_more_than_the_limits_allow_and_what_is_too_large_by_itself_goes_alone()
    {
        var line = new Line();
        var batcher = line.Batcher(new(Items: 3, Bytes: 10), value => value);
        int[] sizes = [1, 1, 1, 1, 8, 2, 50, 4];
        var all = sizes.Select(s => batcher.AddAsync(s, CancellationToken.None)).ToArray();
        while (!Task.WhenAll(all).IsCompleted)
        {
            await line.NextAsync();
            line.Answer();
            await Task.WhenAny(Task.WhenAll(all), line.Arrived).WaitAsync(Patience);
        }

        await Task.WhenAll(all);
        Assert.Equal(sizes, line.Sent.SelectMany(b => b));
        Assert.All(line.Sent, b => Assert.True(b.Length == 1 || (b.Length <= 3 && b.Sum() <= 10), string.Join(' ', b)));
        Assert.Contains(line.Sent, b => b is [50]);
    }

    [Fact]
    public async Task A_failed_request_fails_exactly_its_own_items()
    {
        var line = new Line();
        var batcher = line.Batcher(new(Items: 2));
        var before = batcher.AddAsync(0, CancellationToken.None);
        await line.NextAsync();
        var doomed = new[] { batcher.AddAsync(1, CancellationToken.None), batcher.AddAsync(2, CancellationToken.None) };
        var after = new[] { batcher.AddAsync(3, CancellationToken.None), batcher.AddAsync(4, CancellationToken.None) };
        line.Answer();
        await line.NextAsync();
        var failure = new InvalidOperationException("this request");
        line.Answer(failure);
        await line.NextAsync();
        line.Answer();

        await before.WaitAsync(Patience);
        foreach (var item in doomed)
        {
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidOperationException>(() => item.WaitAsync(Patience)));
        }

        await Task.WhenAll(after).WaitAsync(Patience);
    }

    [Fact]
    public async Task The_sender_may_settle_an_item_by_itself_and_the_first_word_counts()
    {
        var line = new Line { Settled = 1 };
        var batcher = line.Batcher(new(Items: 10));
        var first = batcher.AddAsync(0, CancellationToken.None);
        await line.NextAsync();
        var both = new[] { batcher.AddAsync(1, CancellationToken.None), batcher.AddAsync(2, CancellationToken.None) };
        line.Answer();
        await first.WaitAsync(Patience);
        await line.NextAsync();
        line.Answer(new InvalidOperationException("the rest"));
        await both[0].WaitAsync(Patience);
        await Assert.ThrowsAsync<InvalidOperationException>(() => both[1].WaitAsync(Patience));
    }

    [Fact]
    public async Task An_item_that_was_given_up_while_it_waited_is_not_sent()
    {
        var line = new Line();
        var batcher = line.Batcher(new(Items: 10));
        var first = batcher.AddAsync(1, CancellationToken.None);
        await line.NextAsync();
        using var giveUp = new CancellationTokenSource();
        var second = batcher.AddAsync(2, giveUp.Token);
        var third = batcher.AddAsync(3, CancellationToken.None);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Patience));
        line.Answer();
        await line.NextAsync();
        line.Answer();
        await Task.WhenAll(first, third).WaitAsync(Patience);
        Assert.Equal([[1], [3]], line.Sent);
    }

    [Fact]
    public async Task Giving_up_one_item_under_way_ends_only_the_waiting_for_it()
    {
        var line = new Line();
        var batcher = line.Batcher(new(Items: 10));
        using var giveUp = new CancellationTokenSource();
        var first = batcher.AddAsync(0, CancellationToken.None);
        await line.NextAsync();
        var impatient = batcher.AddAsync(1, giveUp.Token);
        var patient = batcher.AddAsync(2, CancellationToken.None);
        line.Answer();
        await first.WaitAsync(Patience);
        await line.NextAsync();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.WaitAsync(Patience));
        Assert.False(patient.IsCompleted);
        line.Answer();
        await patient.WaitAsync(Patience);
        Assert.Equal([[0], [1, 2]], line.Sent);
    }

    [Fact]
    public async Task Only_so_many_items_wait_and_whoever_adds_more_waits_until_there_is_room()
    {
        var line = new Line();
        var sizes = 0;
        var batcher = line.Batcher(new(Items: 1) { Waiting = 2 }, _ => Interlocked.Increment(ref sizes));
        var first = batcher.AddAsync(1, CancellationToken.None);
        await line.NextAsync();
        var waiting = new[] { batcher.AddAsync(2, CancellationToken.None), batcher.AddAsync(3, CancellationToken.None) };
        using var giveUp = new CancellationTokenSource();
        var outside = batcher.AddAsync(4, giveUp.Token);
        // Its size is asked for when it is let in.
        Assert.Equal(3, sizes);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outside.WaitAsync(Patience));

        var patient = batcher.AddAsync(5, CancellationToken.None);
        for (var i = 0; i < 4; i++)
        {
            line.Answer();
            if (i < 3)
            {
                await line.NextAsync();
            }
        }

        await Task.WhenAll([first, .. waiting, patient]).WaitAsync(Patience);
        Assert.Equal([[1], [2], [3], [5]], line.Sent);
    }

    [Fact]
    public async Task It_starts_again_after_it_had_nothing_to_do_and_loses_nothing_under_many_hands()
    {
        var sent = new List<int>();
        var batcher = new Batcher<int>(async batch =>
        {
            await Task.Yield();
            lock (sent)
            {
                sent.AddRange(batch.Select(b => b.Value));
            }
        }, new(Items: 7) { Waiting = 5 });
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, token) =>
        {
            await batcher.AddAsync(i, token);
            lock (sent)
            {
                Assert.Contains(i, sent);
            }
        }).WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 2000), sent.Order());
    }

    /// <summary>A receiver that the test answers for.</summary>
    private sealed class Line
    {
        private readonly System.Threading.Channels.Channel<int[]> _arrivals = System.Threading.Channels.Channel.CreateUnbounded<int[]>();
        private readonly System.Threading.Channels.Channel<Exception?> _answers = System.Threading.Channels.Channel.CreateUnbounded<Exception?>();

        public List<int[]> Sent { get; } = [];

        /// <summary>An item that is settled by itself before the test answers.</summary>
        public int? Settled { get; init; }

        public Task Arrived => _arrivals.Reader.WaitToReadAsync().AsTask();

        public Batcher<int> Batcher(BatchLimits limits, Func<int, int>? size = null) => new(async batch =>
        {
            batch.FirstOrDefault(b => b.Value == Settled)?.Settle();
            _arrivals.Writer.TryWrite([.. batch.Select(b => b.Value)]);
            if (await _answers.Reader.ReadAsync() is { } failure)
            {
                throw failure;
            }
        }, limits, size);

        public async Task NextAsync() => Sent.Add(await _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Patience));

        public void Answer(Exception? failure = null) => _answers.Writer.TryWrite(failure);
    }
}
