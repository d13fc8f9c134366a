using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>
/// Cluster change to CloudEvent and back, as Knative's ApiServerSource writes it, so that either can stand in for the other.
/// The event only names the object; what the object holds never travels.
/// </summary>
internal static class ObjectEventMapping
{
    private const string Reference = "dev.knative.apiserver.ref.";
    private const string Resource = "dev.knative.apiserver.resource.";

    /// <summary>The id comes from uid and resourceVersion: the same change sent twice is the same event.</summary>
    public static CloudEvent ToCloudEvent(ResourceKind kind, ObjectMeta metadata, ObjectChange change, string source, DateTimeOffset time) =>
        ToCloudEvent(new ObjectEvent(change, ObjectReference.To(kind, metadata)), source, time);

    /// <param name="change">What is to be looked at.</param>
    /// <param name="source">The event's source.</param>
    /// <param name="time">Now.</param>
    /// <param name="function">The one function that it is for; null for every one that subscribes.</param>
    public static CloudEvent ToCloudEvent(ObjectEvent change, string source, DateTimeOffset time, string? function = null)
    {
        var target = change.Object;
        if (TimerTick.Is(target))
        {
            return TimerTick.ToCloudEvent(change, source, time);
        }

        var cloudEvent = new CloudEvent
        {
            // What is asked of two functions are two events, whatever a broker makes of ids.
            Id = function is null ? EventId(change) : $"{EventId(change)}-{function}",
            Source = EventSource.Of(source),
            Type = TypeOf(change.Change),
            Subject = Subject(target),
            Time = time,
            DataContentType = MediaTypes.Json,
            Data = target,
            [ObjectAttributes.ApiVersion] = target.Kind.ApiVersion,
            [ObjectAttributes.Kind] = target.Kind.Kind,
            [ObjectAttributes.Name] = target.Name,
        };
        if (target.Namespace is not null)
        {
            cloudEvent[ObjectAttributes.Namespace] = target.Namespace;
        }

        if (function is not null)
        {
            cloudEvent[ObjectAttributes.Function] = function;
        }

        return cloudEvent;
    }

    /// <summary>What the event says to look at, or why that cannot be told.</summary>
    public static ObjectEventReading FromCloudEvent(CloudEvent cloudEvent, KindTable kinds)
    {
        if (string.Equals(cloudEvent.Type, TimerTick.EventType, StringComparison.Ordinal))
        {
            return TimerTick.FromCloudEvent(cloudEvent);
        }

        if (Change(cloudEvent.Type ?? "") is not { } change)
        {
            return ObjectEventReading.NotForUs($"its type is not one of {Reference}add, update, delete (or {Resource}…)");
        }

        if (cloudEvent.Data is ObjectReference target)
        {
            // Made in this process, and never written.
            return Event(change, ObjectReferenceJson.Resolve(kinds, target));
        }

        // Without data the extension attributes name the object as well.
        if (cloudEvent.Data is not JsonElement data || !MediaTypes.IsJson(cloudEvent.DataContentType))
        {
            return Event(change, ObjectReferenceJson.Resolve(kinds, cloudEvent.TextOf(ObjectAttributes.ApiVersion), cloudEvent.TextOf(ObjectAttributes.Kind),
                cloudEvent.TextOf(ObjectAttributes.Namespace), cloudEvent.TextOf(ObjectAttributes.Name), null, null));
        }

        try
        {
            if (cloudEvent.Type!.StartsWith(Resource, StringComparison.Ordinal) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("metadata", out var metadata))
            {
                // Resource mode sends the whole object, which may be a Secret: nothing but its metadata is read.
                var reading = Event(change, ObjectReferenceJson.Read(metadata, kinds, typed: data));
                return reading.Event is { } seen ? reading with { Metadata = ObservedMetadata.Read(metadata, seen.Object) } : reading;
            }

            return Event(change, ObjectReferenceJson.Read(data, kinds, typed: data));
        }
        catch (InvalidOperationException)
        {
            return ObjectEventReading.Malformed("its data is not valid JSON, or not that of a Kubernetes object");
        }
    }

    private static ObjectEventReading Event(ObjectChange change, ObjectReferenceReading reading) =>
        new(reading.Object is { } target ? new ObjectEvent(change, target) : null, reading.Problem, reading.IsMalformed);

    // Knative forms the plural by adding an "s" and has an empty namespace for cluster-scoped objects; triggers filter on exactly that text.
    private static string Subject(ObjectReference target) =>
        $"/apis/{target.Kind.ApiVersion}/namespaces/{target.Namespace}/{target.Kind.Kind.ToLowerInvariant()}s/{target.Name}";

    private static string EventId(ObjectEvent change)
    {
        // Follow-ups may know neither uid nor version; then the name is the identity, and repeats are one event.
        var identity = change.Object.Uid ?? $"{change.Object.Kind}/{change.Object.Key}";
        var id = $"{identity}-{change.Object.ResourceVersion ?? "0"}";
        return change.Change == ObjectChange.Delete ? $"{id}-delete" : id;
    }

    private static string TypeOf(ObjectChange change) => change switch
    {
        ObjectChange.Add => Reference + "add",
        ObjectChange.Update => Reference + "update",
        _ => Reference + "delete",
    };

    private static ObjectChange? Change(string type)
    {
        var suffix = type.StartsWith(Reference, StringComparison.Ordinal) ? type[Reference.Length..]
            : type.StartsWith(Resource, StringComparison.Ordinal) ? type[Resource.Length..]
            : "";
        return suffix switch
        {
            "add" => ObjectChange.Add,
            "update" => ObjectChange.Update,
            "delete" => ObjectChange.Delete,
            _ => null,
        };
    }
}

/// <summary>An event that names an object, or why it does not: malformed is the sender's mistake, the rest is merely not ours.</summary>
internal readonly record struct ObjectEventReading(ObjectEvent? Event, string? Problem, bool IsMalformed)
{
    /// <summary>The object's metadata, when the event carries the object (Knative's Resource mode).</summary>
    public ObjectMeta? Metadata { get; init; }

    public static ObjectEventReading Of(ObjectEvent change) => new(change, null, false);

    public static ObjectEventReading Malformed(string problem) => new(null, problem, true);

    public static ObjectEventReading NotForUs(string problem) => new(null, problem, false);
}
