using AgentWarden.EventBridge;

namespace AgentWarden.Tests.EventBridge;

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
    public void The_wait_doubles_up_to_two_seconds_and_starts_anew_after_a_delivery()
    {
        var waits = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            var wait = _gate.Close(Pass(), retryAfter: null)!.Value.For;
            waits.Add(wait.TotalMilliseconds);
            _time.Advance(wait);
        }

        Assert.Equal([100, 200, 400, 800, 1600, 2000, 2000], waits);
        Assert.True(_gate.Open());
        Assert.False(_gate.Open());
        Assert.Equal(100, _gate.Close(Pass(), retryAfter: null)!.Value.For.TotalMilliseconds);
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
