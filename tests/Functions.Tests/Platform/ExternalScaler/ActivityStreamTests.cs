using System.Threading.Channels;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Tests.Platform.Hosting;

namespace AgentWarden.Tests.Platform.ExternalScaler;

public sealed class ActivityStreamTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeBacklog _backlog = new("A", "B", "C");
    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly Channel<bool> _said = Channel.CreateUnbounded<bool>();
    private readonly CancellationTokenSource _stop = new();
    private Task _room = Task.CompletedTask;
    private Task _run = Task.CompletedTask;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task The_state_comes_when_the_stream_opens(int waiting)
    {
        _backlog.Set("A", waiting);
        Open();
        Assert.Equal(waiting > 0, await SaidAsync());
    }

    [Fact]
    public async Task Work_is_said_when_it_arrives_the_first_time_and_the_second_without_a_clock()
    {
        Open();
        Assert.False(await SaidAsync());
        for (var round = 0; round < 3; round++)
        {
            _backlog.Set("A", 1);
            Assert.True(await SaidAsync());
            _backlog.Set("A", 0);
            await AdvanceUntilAsync(said => !said);
        }
    }

    [Fact]
    public async Task Work_that_arrives_between_the_first_look_and_the_first_wait_is_not_missed()
    {
        var read = 0;
        _backlog.BeforeRead = _ => read++;
        _backlog.BeforeRead += f =>
        {
            // The last of the first look: A was read as empty, and gets work before the stream waits.
            if (read == 3 && f == "C")
            {
                _backlog.Set("A", 1);
            }
        };
        Open();
        Assert.False(await SaidAsync());
        Assert.True(await SaidAsync());
    }

    [Fact]
    public async Task Work_of_a_function_that_was_not_asked_for_is_nothing()
    {
        Open(("functions", "b"));
        Assert.False(await SaidAsync());
        _backlog.Set("A", 5);
        _backlog.Set("B", 1);
        Assert.True(await SaidAsync());
        _backlog.Set("B", 0);
        await AdvanceUntilAsync(said => !said);
        Assert.Equal(0, _said.Reader.Count);
    }

    [Fact]
    public async Task Work_that_passes_a_threshold_later_is_seen_by_the_clock()
    {
        Open(("activationBacklog", "2"));
        Assert.False(await SaidAsync());
        _backlog.Set("A", 2);
        await UntilAsync(() => _clock.Timers > 0);
        // No call comes for the third object.
        _backlog.Set("A", 3);
        await AdvanceUntilAsync(said => said);
    }

    [Fact]
    public async Task A_queue_that_flaps_is_said_no_more_often_than_once_a_second()
    {
        Open();
        Assert.False(await SaidAsync());
        _backlog.Set("B", 1);
        Assert.True(await SaidAsync());
        var looks = 0;
        _backlog.BeforeRead = _ => Interlocked.Increment(ref looks);
        for (var flap = 0; flap < 20; flap++)
        {
            var before = Volatile.Read(ref looks);
            _backlog.Set("B", 0);
            _backlog.Set("B", 1);
            await UntilAsync(() => Volatile.Read(ref looks) > before);
        }

        _clock.Advance(StreamDecision.Pace / 2);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
        Assert.Equal(0, _said.Reader.Count);
    }

    [Fact]
    public async Task While_the_reader_is_slow_arrivals_do_not_wait_and_afterwards_only_the_present_is_said()
    {
        Open();
        Assert.False(await SaidAsync());
        var full = new TaskCompletionSource();
        _room = full.Task;
        _backlog.Set("A", 1);
        Assert.True(await SaidAsync());
        for (var change = 0; change < 10_000; change++)
        {
            _backlog.Set("A", 0);
            _backlog.Set("A", 1);
        }

        _backlog.Set("A", 0);
        full.SetResult();
        await AdvanceUntilAsync(said => !said);
        Assert.Equal(0, _said.Reader.Count);
    }

    [Fact]
    public async Task A_stream_that_ends_leaves_nothing_behind()
    {
        Open();
        await SaidAsync();
        Assert.Equal(1, _backlog.Subscriptions);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
        Assert.Equal(0, _backlog.Subscriptions);
        Assert.Equal(0, _clock.Timers);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Open(params (string Key, string Value)[] metadata)
    {
        var reading = ScalerDecision.Read(metadata.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal), _backlog.Functions);
        _run = new ActivityStream(_backlog, reading.Settings!, _clock).RunAsync(SayAsync, _stop.Token);
    }

    /// <summary>What is said is seen at once; it is taken when there is room.</summary>
    private async ValueTask SayAsync(bool active, CancellationToken cancellation)
    {
        await _said.Writer.WriteAsync(active, cancellation);
        await _room.WaitAsync(cancellation);
    }

    private async Task<bool> SaidAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        return await _said.Reader.ReadAsync(limit.Token);
    }

    /// <summary>Moves the clock, tick by tick, until something is said; it must be what is expected.</summary>
    private async Task AdvanceUntilAsync(Predicate<bool> expected)
    {
        await UntilAsync(() =>
        {
            _clock.Advance(StreamDecision.Pace);
            return _said.Reader.Count > 0;
        });
        Assert.True(expected(await SaidAsync()));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
