using System.Text.Json.Serialization;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Planning;

/// <summary>What the recorder reads back of an Event that exists already.</summary>
internal sealed record RecordedEvent
{
    public ObjectMeta Metadata { get; init; } = new();
    public int? Count { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RecordedEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
