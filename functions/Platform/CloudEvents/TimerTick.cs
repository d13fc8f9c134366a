using System.Globalization;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>
/// "This timer is due" as an event, for timer functions that are scaled to zero and cannot count the time themselves.
/// It travels as a look at a pseudo object: the timer of the function's name, at the version of its due time.
/// </summary>
internal static class TimerTick
{
    public const string EventType = "agent-warden.io.timer.due";

    /// <summary>No API server serves it.</summary>
    public static readonly ResourceKind Kind = new("agent-warden.io", "v1", "timers", "Timer", Namespaced: false);

    /// <summary>Knows this kind only: no function subscribes to timers, so no other table does.</summary>
    public static readonly KindTable Table = new([Kind]);

    /// <summary>The event; <paramref name="due"/> counts in whole seconds, as schedules do.</summary>
    public static ObjectEvent Due(string function, DateTimeOffset due) =>
        new(ObjectChange.Update, new(Kind, null, function) { ResourceVersion = due.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) });

    public static bool Is(ObjectReference target) => target.Kind == Kind;

    /// <summary>True for a reference in JSON that names a timer.</summary>
    public static bool Names(JsonElement reference) =>
        reference.ValueKind == JsonValueKind.Object
        && reference.TryGetProperty("kind", out var kind) && kind.ValueEquals(Kind.Kind)
        && reference.TryGetProperty("apiVersion", out var version) && version.ValueEquals(Kind.ApiVersion);

    /// <summary>The due time that the reference carries; null when it carries none.</summary>
    public static DateTimeOffset? DueTime(ObjectReference target) =>
        long.TryParse(target.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>The time is the due time, so each due time is an event of its own and a repetition is the same event.</summary>
    public static CloudEvent ToCloudEvent(ObjectEvent tick, string source, DateTimeOffset time) => new()
    {
        Id = $"timer-{tick.Object.Name}-{tick.Object.ResourceVersion ?? "0"}",
        Source = EventSource.Of(source),
        Type = EventType,
        Subject = tick.Object.Name,
        Time = DueTime(tick.Object) ?? time,
        [ObjectAttributes.Function] = tick.Object.Name,
    };

    public static ObjectEventReading FromCloudEvent(CloudEvent cloudEvent)
    {
        if (cloudEvent.TextOf(ObjectAttributes.Function) is not { Length: > 0 } function)
        {
            return ObjectEventReading.Malformed($"a due timer names its function in the extension attribute {ObjectAttributes.Function.Name}");
        }

        return cloudEvent.Time is { } due
            ? ObjectEventReading.Of(Due(function, due))
            : ObjectEventReading.Malformed("a due timer carries its due time in the attribute time");
    }
}
