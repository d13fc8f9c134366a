using System.Text.Json.Serialization;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Source-generated readers of what the client itself knows.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MetadataOnly))]
[JsonSerializable(typeof(ObjectMeta))]
internal sealed partial class ObjectMetaJson : JsonSerializerContext;
