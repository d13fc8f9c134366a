using System.Text.Json.Serialization;

namespace AgentWarden.Kernel.Planning;

/// <summary>What the recorder reads back of an Event that exists already.</summary>
internal sealed record RecordedEvent
{
    public int? Count { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RecordedEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
