using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class TimerTests
{
    private static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("0 */5 * * * *", "2025-01-01T00:05:00Z")]
    [InlineData("*/10 * * * * *", "2025-01-01T00:00:40Z")]
    [InlineData("0 0 3 * * 1", "2025-01-06T03:00:00Z")]
    [InlineData("00:05:00", "2025-01-01T00:05:30Z")]
    [InlineData("%EVERY%", "2025-01-01T01:00:00Z")]
    public void A_schedule_tells_its_next_time(string text, string expected)
    {
        var schedule = TimerSchedule.Parse("F", text, TestFunctions.Settings(("EVERY", "0 0 * * * *")));
        Assert.Equal(DateTimeOffset.Parse(expected), schedule.Next(Start, TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("*/5 * * * *")]
    [InlineData("soon")]
    [InlineData("-00:01:00")]
    [InlineData("00:00:00")]
    [InlineData("%UNSET%")]
    [InlineData("")]
    public void A_schedule_that_is_none_names_the_function(string text) =>
        Assert.StartsWith("MyTimer:", Assert.Throws<HostingException>(() => TimerSchedule.Parse("MyTimer", text, TestFunctions.Settings())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_date_that_never_comes_has_no_next_time() =>
        Assert.Null(TimerSchedule.Parse("F", "0 0 0 30 2 *", TestFunctions.Settings()).Next(Start, TimeZoneInfo.Utc));

    [Fact]
    public void Summer_time_neither_skips_nor_doubles_a_daily_tick()
    {
        var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday));
        var zone = TimeZoneInfo.CreateCustomTimeZone("Test", TimeSpan.FromHours(1), "Test", "Test", "Test summer", [rule]);
        var schedule = TimerSchedule.Parse("F", "0 30 2 * * *", TestFunctions.Settings());
        foreach (var day in new[] { new DateTimeOffset(2025, 3, 29, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2025, 10, 25, 0, 0, 0, TimeSpan.Zero) })
        {
            var ticks = 0;
            for (var at = schedule.Next(day, zone); at < day.AddDays(3); at = schedule.Next(at!.Value, zone))
            {
                ticks++;
            }

            Assert.Equal(3, ticks);
        }
    }

    [Fact]
    public async Task A_timer_fires_on_its_times_and_a_failure_does_not_end_it()
    {
        var probe = new TimerProbe("Sweep", (_, _) => throw new InvalidOperationException());
        await using var run = new Run(probe, "0 * * * * *");
        await run.PassAsync(TimeSpan.FromMinutes(3));
        Assert.Equal([1, 2, 3], probe.Ticks.Select(t => t.Minute));
    }

    [Fact]
    public async Task Run_on_startup_ticks_at_once()
    {
        var probe = new TimerProbe("Sweep");
        await using var run = new Run(probe, "0 0 * * * *", runOnStartup: true);
        await run.SettleAsync();
        Assert.Equal(Start, Assert.Single(probe.Ticks));
    }

    [Fact]
    public async Task A_slow_tick_is_not_overlapped_and_what_it_missed_comes_once()
    {
        var gate = new TaskCompletionSource();
        var probe = new TimerProbe("Sweep", (_, _) => gate.Task);
        await using var run = new Run(probe, "0 * * * * *");
        await run.PassAsync(TimeSpan.FromMinutes(4), hangs: true);
        Assert.Single(probe.Ticks);
        gate.SetResult();
        await run.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, probe.Ticks.Count);
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_gives_one_tick_and_one_set_back_is_not_waited_for()
    {
        var probe = new TimerProbe("Sweep");
        await using var run = new Run(probe, "0 0 * * * *");
        await run.SettleAsync();
        run.Clock.Set(Start.AddHours(5));
        await run.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(5, Assert.Single(probe.Ticks).Hour);

        run.Clock.Set(Start.AddHours(1));
        await run.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal([5, 2], probe.Ticks.Select(t => t.Hour));
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TimerProbe _probe;
        private readonly Task _task;

        public Run(TimerProbe timer, string schedule, bool runOnStartup = false)
        {
            _probe = timer;
            var bound = new BoundTimer(timer.Name, new TimerTrigger(schedule, runOnStartup), token => timer.TickAsync(Clock.GetUtcNow(), token));
            _task = new TimerRunner([bound], TestFunctions.Settings(), NullLoggerFactory.Instance, Clock).RunAsync(_stop.Token);
        }

        public ManualClock Clock { get; } = new(Start);

        public async Task PassAsync(TimeSpan time, bool hangs = false)
        {
            for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(10))
            {
                await SettleAsync(hangs && _probe.Ticks.Count > 0);
                Clock.Advance(TimeSpan.FromSeconds(10));
            }

            await SettleAsync(hangs && _probe.Ticks.Count > 0);
        }

        /// <summary>Until the loop sleeps again, however busy the machine is; a tick that hangs is given up after a moment.</summary>
        public async Task SettleAsync(bool hangs = false)
        {
            for (var i = 0; i < (hangs ? 20 : 5000) && Clock.Timers == 0; i++)
            {
                await Task.Delay(1);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task.WaitAsync(TimeSpan.FromSeconds(30));
            _stop.Dispose();
        }
    }
}
