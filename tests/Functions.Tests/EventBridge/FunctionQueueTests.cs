using AgentWarden.EventBridge;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.EventBridge;

public sealed class FunctionQueueTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Hour = TimeSpan.FromHours(1);

    private readonly ManualTime _time = new();
    private readonly FunctionQueue _queue;

    public FunctionQueueTests() => _queue = new(_time, new BackoffOptions { First = Second, Longest = TimeSpan.FromMinutes(1) });

    [Fact]
    public void Changes_before_a_look_are_one_look_and_the_last_one_tells()
    {
        Add("a", ObjectChange.Add);
        Add("a", ObjectChange.Update);
        Add("a", ObjectChange.Delete);

        Assert.Equal(ObjectChange.Delete, Take("a").Change);
        Assert.Equal(0, _queue.Figures().Ready);
    }

    [Fact]
    public void One_object_is_in_flight_once()
    {
        Add("a");
        Take("a");
        Add("a");
        Assert.Equal((0, 1), (_queue.Figures().Ready, _queue.Figures().InFlight));

        _queue.Succeeded(Ref("a"), null);
        Take("a");
    }

    [Fact]
    public void Many_changes_in_flight_are_one_further_look()
    {
        Add("a");
        Take("a");
        Add("a");
        Add("a");
        _queue.Succeeded(Ref("a"), null);
        Take("a");
        _queue.Succeeded(Ref("a"), null);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void Objects_are_looked_at_in_the_order_of_their_change()
    {
        Add("b");
        Add("a");
        Add("b");
        Assert.Equal(["b", "a"], [Take().Object.Name, Take().Object.Name]);
    }

    [Fact]
    public void Names_may_hold_dots_and_namespaces_differ()
    {
        _queue.Add(new(ObjectChange.Add, new(KubernetesKinds.Secret, "a.b", "c")), TimeSpan.Zero);
        _queue.Add(new(ObjectChange.Add, new(KubernetesKinds.Secret, "a", "b.c")), TimeSpan.Zero);
        _queue.Add(new(ObjectChange.Add, new(KubernetesKinds.Pod, "a", "b.c")), TimeSpan.Zero);
        Assert.Equal(3, _queue.Figures().Ready);
    }

    [Fact]
    public void Another_UID_of_the_same_name_is_the_same_work()
    {
        _queue.Add(new(ObjectChange.Add, Ref("a") with { Uid = "1" }), TimeSpan.Zero);
        _queue.Add(new(ObjectChange.Add, Ref("a") with { Uid = "2" }), TimeSpan.Zero);
        Assert.Equal("2", Take("a").Object.Uid);
        Assert.Equal(0, _queue.Figures().Ready);
    }

    [Fact]
    public void Backoff_doubles_up_to_the_longest_and_a_success_resets_it()
    {
        Add("a");
        Take("a");
        foreach (var expected in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            var delay = _queue.Failed(Ref("a"), null);
            Assert.InRange(delay.TotalSeconds, expected * 0.75, expected);
            NothingUntil(delay);
            Take("a");
        }

        _queue.Succeeded(Ref("a"), null);
        Add("a");
        Take("a");
        Assert.InRange(_queue.Failed(Ref("a"), null).TotalSeconds, 0.75, 1);
    }

    [Fact]
    public void What_the_server_asks_for_is_the_least_delay()
    {
        Add("a");
        Take("a");
        Assert.Equal(TimeSpan.FromSeconds(30), _queue.Failed(Ref("a"), TimeSpan.FromSeconds(30)));
        NothingUntil(TimeSpan.FromSeconds(30));
        Take("a");
        Assert.InRange(_queue.Failed(Ref("a"), TimeSpan.FromMilliseconds(1)), Second, 2 * Second);
    }

    [Fact]
    public void A_change_overrides_a_backoff()
    {
        FailTimes(10);
        Add("a");
        Take("a");
    }

    [Fact]
    public void A_change_during_the_look_that_fails_does_not_wait_out_the_long_backoff()
    {
        FailTimes(10);
        Add("a");
        Take("a");
        Add("a");
        Assert.InRange(_queue.Failed(Ref("a"), null), TimeSpan.Zero, Second);
    }

    [Fact]
    public void A_look_may_be_asked_for_at_a_time()
    {
        Add("a");
        Take("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Hour);
        NothingUntil(Hour);
        Take("a");
    }

    [Fact]
    public void A_change_comes_before_the_time_that_was_asked_for_and_replaces_it()
    {
        Add("a");
        Take("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Hour);
        Add("a");
        Take("a");
        _queue.Succeeded(Ref("a"), null);
        _time.Advance(2 * Hour);
        Assert.Null(_queue.ReleaseDue());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_change_in_flight_comes_before_the_time_that_was_asked_for()
    {
        Add("a");
        Take("a");
        Add("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Hour);
        Take("a");
    }

    [Fact]
    public void A_clock_that_jumps_forward_makes_what_is_due_by_it_ready()
    {
        Add("a");
        Take("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Hour);
        _time.SetWallClock(Hour);
        _queue.ReleaseDue();
        Take("a");
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_stretch_a_backoff()
    {
        Add("a");
        Take("a");
        _queue.Failed(Ref("a"), null);
        _time.SetWallClock(-Hour);
        _time.Advance(Second);
        _queue.ReleaseDue();
        Take("a");
    }

    [Fact]
    public void A_clock_that_is_set_back_puts_off_only_what_is_due_by_it()
    {
        Add("a");
        Take("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Second);
        _time.SetWallClock(-Hour);
        _time.Advance(Second);
        Assert.Equal(Hour, _queue.ReleaseDue());
        _time.Advance(Hour);
        _queue.ReleaseDue();
        Take("a");
    }

    [Fact]
    public void Objects_that_sum_up_others_are_looked_at_once_at_first_and_then_at_most_every_so_often()
    {
        _queue.Add(Change("a"), Second);
        Take("a");
        _queue.Succeeded(Ref("a"), null);
        for (var i = 0; i < 1000; i++)
        {
            _queue.Add(Change("a"), Second);
        }

        NothingUntil(Second);
        Take("a");
        _queue.Add(Change("a"), Second);
        _queue.Succeeded(Ref("a"), null);
        NothingUntil(Second);
        Take("a");
    }

    [Fact]
    public void A_look_asked_for_at_a_time_does_not_forget_the_last_look()
    {
        _queue.Add(Change("a"), Second);
        Take("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Hour);
        _queue.Add(Change("a"), Second);
        NothingUntil(Second);
        Take("a");
    }

    [Fact]
    public void What_is_done_is_forgotten()
    {
        for (var i = 0; i < 100; i++)
        {
            Add($"at-once-{i}");
            _queue.Add(Change($"seldom-{i}"), Second);
        }

        while (_queue.Figures().Ready > 0)
        {
            _queue.Succeeded(Take().Object, null);
        }

        _time.Advance(Second);
        Assert.Null(_queue.ReleaseDue());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_table_that_was_large_at_the_start_shrinks_and_loses_nothing()
    {
        const int Many = 10_000, Left = 10;
        var names = Enumerable.Range(0, Many).Select(i => $"o-{i}").ToArray();
        foreach (var name in names)
        {
            Add(name);
        }

        Assert.True(_queue.Room >= Many);
        foreach (var name in names[..^Left])
        {
            Take(name);
            _queue.Succeeded(Ref(name), null);
        }

        Assert.InRange(_queue.Room, Left, 2048);
        Assert.Equal(Left, _queue.Count);
        foreach (var name in names[^Left..])
        {
            Take(name);
        }
    }

    [Fact]
    public void The_oldest_is_the_oldest_change_that_no_finished_look_has_seen()
    {
        Add("a");
        _time.Advance(Second);
        Assert.Equal(Second, _queue.Figures().Oldest);
        Take("a");
        _time.Advance(Second);
        Add("a");
        _time.Advance(Second);
        _queue.Succeeded(Ref("a"), null);
        Assert.Equal(Second, _queue.Figures().Oldest);
        Take("a");
        _queue.Succeeded(Ref("a"), _time.GetUtcNow() + Hour);
        _time.Advance(Hour);
        Assert.Equal(TimeSpan.Zero, _queue.Figures().Oldest);
        _queue.ReleaseDue();
        _time.Advance(Second);
        Assert.Equal(Second, _queue.Figures().Oldest);
    }

    /// <summary>Whatever the order of things: one look at a time, and every change is followed by a look that began after it.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public void No_wakeup_is_lost(int seed)
    {
        var random = new Random(seed);
        var (added, begun) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        var inFlight = new List<ObjectReference>();
        for (var step = 1; step <= 5000; step++)
        {
            switch (random.Next(6))
            {
                case 0 or 1:
                    var name = $"o{random.Next(5)}";
                    added[name] = step;
                    _queue.Add(Change(name), random.Next(2) * Second);
                    break;
                case 2 when _queue.Figures().Ready > 0:
                    Begin(step);
                    break;
                case 3 when inFlight.Count > 0:
                    _queue.Succeeded(End(), random.Next(3) == 0 ? _time.GetUtcNow().AddSeconds(random.Next(-2, 20)) : null);
                    break;
                case 4 when inFlight.Count > 0:
                    _queue.Failed(End(), random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(5)) : null);
                    break;
                case 5:
                    _time.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
                    _time.SetWallClock(TimeSpan.FromSeconds(random.Next(20) == 0 ? random.Next(-30, 30) : 0));
                    _queue.ReleaseDue();
                    break;
            }
        }

        for (var step = 5001; _queue.Count > 0; step++)
        {
            while (inFlight.Count > 0)
            {
                _queue.Succeeded(End(), null);
            }

            _time.Advance(Hour);
            _queue.ReleaseDue();
            while (_queue.Figures().Ready > 0)
            {
                Begin(step);
            }

            Assert.True(step < 5100, "it does not come to rest");
        }

        Assert.All(added, a => Assert.True(begun.GetValueOrDefault(a.Key) > a.Value, $"{a.Key}: changed at {a.Value}, last look began at {begun.GetValueOrDefault(a.Key)}"));

        void Begin(int step)
        {
            var next = Take().Object;
            Assert.DoesNotContain(inFlight, o => o.Key == next.Key);
            inFlight.Add(next);
            begun[next.Name] = step;
        }

        ObjectReference End()
        {
            var index = random.Next(inFlight.Count);
            var ended = inFlight[index];
            inFlight.RemoveAt(index);
            return ended;
        }
    }

    /// <summary>The same with real threads: every change is followed by a look that began after it.</summary>
    [Fact]
    public async Task No_wakeup_is_lost_among_threads()
    {
        using var stop = new CancellationTokenSource();
        var queue = new FunctionQueue(TimeProvider.System, new() { First = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromMilliseconds(2) });
        var latest = new int[8];
        var seen = new int[8];
        var workers = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (true)
            {
                var change = await queue.TakeAsync(stop.Token);
                var index = change.Object.Name[0] - 'a';
                var state = Volatile.Read(ref latest[index]);
                if (random.Next(4) == 0)
                {
                    queue.Failed(change.Object, null);
                    continue;
                }

                Interlocked.Exchange(ref seen[index], state);
                queue.Succeeded(change.Object, null);
            }
        })).Append(queue.ReleaseDueAsync(stop.Token)).ToArray();

        for (var i = 1; i <= 20_000; i++)
        {
            var index = i % latest.Length;
            Volatile.Write(ref latest[index], i);
            queue.Add(Change(((char)('a' + index)).ToString()), TimeSpan.Zero);
        }

        for (var wait = 0; queue.Count > 0 && wait < 1000; wait++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(latest, seen);
        await stop.CancelAsync();
        await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private static ObjectReference Ref(string name) => new(KubernetesKinds.Secret, "kagent", name);

    private static ObjectEvent Change(string name, ObjectChange change = ObjectChange.Update) => new(change, Ref(name));

    private void Add(string name, ObjectChange change = ObjectChange.Update) => _queue.Add(Change(name, change), TimeSpan.Zero);

    private ObjectEvent Take(string? name = null)
    {
        var take = _queue.TakeAsync(CancellationToken.None);
        Assert.True(take.IsCompleted, "nothing is ready");
#pragma warning disable xUnit1031 // It is completed.
        var change = take.Result;
#pragma warning restore xUnit1031
        Assert.Equal(name ?? change.Object.Name, change.Object.Name);
        return change;
    }

    /// <summary>Nothing is ready a moment before this time has passed, and something is after it.</summary>
    private void NothingUntil(TimeSpan time)
    {
        var moment = TimeSpan.FromTicks(1);
        _time.Advance(time - moment);
        Assert.Equal(moment, _queue.ReleaseDue());
        Assert.Equal(0, _queue.Figures().Ready);
        _time.Advance(moment);
        _queue.ReleaseDue();
        Assert.Equal(1, _queue.Figures().Ready);
    }

    private void FailTimes(int times)
    {
        Add("a");
        for (var i = 0; i < times; i++)
        {
            _queue.ReleaseDue();
            Take("a");
            var delay = _queue.Failed(Ref("a"), null);
            _time.Advance(i < times - 1 ? delay : TimeSpan.Zero);
        }
    }
}
