using AgentWarden.Platform.EventBridge;

namespace AgentWarden.Tests.Platform.EventBridge;

public sealed class SinkGateTests
{
    private readonly ManualTime _time = new();
    private readonly SinkGate _gate;

    public SinkGateTests() => _gate = new(_time);

    [Fact]
    public void It_is_open_until_somebody_was_not_there()
    {
        Assert.Equal(0, Pass());
        Assert.False(_gate.IsAway);
        _gate.Close(0, retryAfter: null);
        Assert.True(_gate.IsAway);
        Assert.False(_gate.PassAsync(CancellationToken.None).IsCompleted);
    }

    [Fact]
    public void Of_many_that_passed_together_one_closes_it_and_the_wait_grows_once()
    {
        Assert.NotNull(_gate.Close(0, retryAfter: null));
        Assert.All(Enumerable.Range(0, 15), _ => Assert.Null(_gate.Close(0, retryAfter: null)));
    }

    [Fact]
    public void It_is_closed_for_a_quarter_of_the_time_that_nobody_was_there_up_to_two_seconds_and_anew_after_a_delivery()
    {
        var (away, waits) = (TimeSpan.Zero, new List<(double Away, double Wait)>());
        while (away < TimeSpan.FromSeconds(20))
        {
            var wait = _gate.Close(Pass(), retryAfter: null)!.Value.For;
            waits.Add((away.TotalSeconds, wait.TotalSeconds));
            _time.Advance(wait);
            away += wait;
        }

        Assert.All(waits, w => Assert.Equal(Math.Clamp(w.Away / 4, 0.1, 2), w.Wait, 0.001));
        Assert.Equal(2, waits[^1].Wait);
        Assert.True(_gate.Open());
        Assert.False(_gate.Open());
        Assert.Equal(100, _gate.Close(Pass(), retryAfter: null)!.Value.For.TotalMilliseconds);
    }

    [Fact]
    public void That_it_takes_long_is_said_once_and_again_after_a_delivery()
    {
        for (var round = 0; round < 2; round++)
        {
            var said = new List<TimeSpan>();
            for (var away = TimeSpan.Zero; away < TimeSpan.FromMinutes(2); away += TimeSpan.FromSeconds(10))
            {
                var closing = _gate.Close(Pass(), retryAfter: null)!.Value;
                Assert.Equal(away == TimeSpan.Zero, closing.WasOpen);
                if (closing.BecameLong)
                {
                    said.Add(away);
                }

                _time.Advance(TimeSpan.FromSeconds(10));
            }

            Assert.Equal([TimeSpan.FromSeconds(30)], said);
            _gate.Open();
        }
    }

    [Fact]
    public void What_the_sink_asks_for_is_respected_up_to_a_minute()
    {
        Assert.Equal(30, _gate.Close(Pass(), TimeSpan.FromSeconds(30))!.Value.For.TotalSeconds);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(60, _gate.Close(Pass(), TimeSpan.FromHours(1))!.Value.For.TotalSeconds);
    }

    [Fact]
    public async Task Who_waits_for_long_sees_that_it_was_opened_meanwhile()
    {
        var gate = new SinkGate(TimeProvider.System);
        gate.Close(0, TimeSpan.FromMinutes(1));
        var waiting = gate.PassAsync(CancellationToken.None).AsTask();
        gate.Open();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private int Pass()
    {
        var pass = _gate.PassAsync(CancellationToken.None);
        Assert.True(pass.IsCompleted, "it is closed");
#pragma warning disable xUnit1031 // It is completed.
        return pass.Result;
#pragma warning restore xUnit1031
    }
}
