using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using CloudNative.CloudEvents;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class TimerTickTests
{
    private static readonly KindTable NoKinds = new([]);
    private static readonly DateTimeOffset Due = new(2026, 1, 1, 0, 5, 0, TimeSpan.Zero);

    [Fact]
    public void There_and_back_is_the_same()
    {
        var tick = TimerTick.Due("Sweep", Due);
        var sent = ObjectEventMapping.ToCloudEvent(tick, "/bridge", DateTimeOffset.UnixEpoch);
        var wire = Assert.Single(CloudEventText.Parse(CloudEventJsonFormatter.Instance.EncodeStructured(sent)));
        Assert.Equal((TimerTick.EventType, Due, "Sweep"), (wire.Type, wire.Time, wire.TextOf(ObjectAttributes.Function)));
        Assert.Equal(tick, ObjectEventMapping.FromCloudEvent(wire, NoKinds).Event);
        Assert.Equal(Due, TimerTick.DueTime(tick.Object));
    }

    [Fact]
    public void Each_due_time_is_an_event_of_its_own_and_a_repetition_is_the_same_one()
    {
        string Id(DateTimeOffset due) => ObjectEventMapping.ToCloudEvent(TimerTick.Due("Sweep", due), "/bridge", DateTimeOffset.UtcNow).Id!;
        Assert.Equal(Id(Due), Id(Due));
        Assert.NotEqual(Id(Due), Id(Due.AddMinutes(5)));
    }

    [Theory]
    [InlineData("Sweep", false)]
    [InlineData(null, true)]
    public void Without_function_or_time_it_is_malformed(string? function, bool timed)
    {
        var tick = new CloudEvent { Id = "1", Source = EventSource.Of("/s"), Type = TimerTick.EventType, Time = timed ? Due : null };
        tick[ObjectAttributes.Function] = function;
        var read = ObjectEventMapping.FromCloudEvent(tick, NoKinds);
        Assert.True(read.IsMalformed);
    }

    /// <summary>An object event that claims to be about a timer is not one: only the type says so.</summary>
    [Fact]
    public void No_object_is_taken_for_a_timer()
    {
        var data = JsonElement.Parse("""{"apiVersion":"agent-warden.io/v1","kind":"Timer","name":"Sweep"}""");
        var claim = new CloudEvent { Id = "1", Source = EventSource.Of("/s"), Type = "dev.knative.apiserver.ref.add", Data = data };
        var read = ObjectEventMapping.FromCloudEvent(claim, NoKinds);
        Assert.Null(read.Event);
    }
}
