using System.Text.Json.Serialization;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Showing;

/// <summary>A Kubernetes Event, as far as it is shown.</summary>
internal sealed record ShownEvent : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
    public ShownObject? InvolvedObject { get; init; }
    public string? Type { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public int? Count { get; init; }
    public ShownSource? Source { get; init; }
    public DateTimeOffset? LastTimestamp { get; init; }

    /// <summary>One of ours, and not the scheduler's or a controller's.</summary>
    public bool IsOurs => Source?.Component?.StartsWith("agent-warden/", StringComparison.Ordinal) == true;
}

internal sealed record ShownObject
{
    public string? Kind { get; init; }
    public string? Namespace { get; init; }
    public string? Name { get; init; }
}

internal sealed record ShownSource
{
    public string? Component { get; init; }
}

/// <summary>A pod, as far as its injection is shown.</summary>
internal sealed record ShownPod : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
    public ShownPodSpec Spec { get; init; } = new();
}

internal sealed record ShownPodSpec
{
    public IReadOnlyList<ShownContainer>? Containers { get; init; }
}

internal sealed record ShownContainer
{
    public string Name { get; init; } = "";
    public IReadOnlyList<ShownVariable>? Env { get; init; }
}

internal sealed record ShownVariable
{
    public string Name { get; init; } = "";
    public ShownVariableSource? ValueFrom { get; init; }
}

internal sealed record ShownVariableSource
{
    public ShownSecretKey? SecretKeyRef { get; init; }
}

internal sealed record ShownSecretKey
{
    public string? Name { get; init; }
    public string? Key { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ShownEvent))]
[JsonSerializable(typeof(ShownPod))]
internal sealed partial class ShownJson : JsonSerializerContext;
