using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.CloudEvents;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>A change and the function that is to look at it, as it travels through a broker: structured JSON with the function as an extension attribute.</summary>
internal sealed record AddressedEvent(string Function, ObjectEvent Change)
{
    public byte[] Encode(string source, DateTimeOffset time) =>
        CloudEventJsonFormatter.Instance.EncodeStructured(ObjectEventMapping.ToCloudEvent(Change, source, time, Function));

    /// <summary>The event, or in words why it is none that can be delivered again.</summary>
    public static (AddressedEvent? Event, string? Problem) Decode(ReadOnlyMemory<byte> json, KindTable kinds)
    {
        try
        {
            var cloudEvent = CloudEventJsonFormatter.Instance.DecodeStructuredModeMessage(json, contentType: null, extensionAttributes: null);
            if (cloudEvent.TextOf(ObjectAttributes.Function) is not { Length: > 0 } function)
            {
                return (null, $"it has no attribute {ObjectAttributes.Function.Name}");
            }

            var reading = ObjectEventMapping.FromCloudEvent(cloudEvent, kinds);
            return reading.Event is { } change ? (new AddressedEvent(function, change), null) : (null, reading.Problem);
        }
        catch (CloudEventException e)
        {
            return (null, $"it is no CloudEvent ({e.Message})");
        }
    }
}
