using System.Text.Json.Serialization;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Secrets;

/// <summary>A Secret as read from the API server; its values print as digests.</summary>
internal sealed record SecretObject : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
    public IReadOnlyDictionary<string, SecretValue>? Data { get; init; }
    public bool? Immutable { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SecretObject))]
internal sealed partial class SecretJson : JsonSerializerContext;
