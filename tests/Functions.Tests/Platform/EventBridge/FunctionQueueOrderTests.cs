using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.EventBridge;

/// <summary>Whatever happens in whatever order, no change goes without a look that began after it.</summary>
public sealed class FunctionQueueOrderTests : FunctionQueueScene
{
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
                    Queue.Add(Change(name), random.Next(2) * Second);
                    break;
                case 2 when Queue.Figures().Ready > 0:
                    Begin(step);
                    break;
                case 3 when inFlight.Count > 0:
                    Queue.Succeeded(End(), random.Next(3) == 0 ? Time.GetUtcNow().AddSeconds(random.Next(-2, 20)) : null);
                    break;
                case 4 when inFlight.Count > 0:
                    Queue.Failed(End(), random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(5)) : null);
                    break;
                case 5:
                    Time.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
                    Time.SetWallClock(TimeSpan.FromSeconds(random.Next(20) == 0 ? random.Next(-30, 30) : 0));
                    Queue.ReleaseDue();
                    break;
            }
        }

        for (var step = 5001; Queue.Count > 0; step++)
        {
            while (inFlight.Count > 0)
            {
                Queue.Succeeded(End(), null);
            }

            Time.Advance(Hour);
            Queue.ReleaseDue();
            while (Queue.Figures().Ready > 0)
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
}
