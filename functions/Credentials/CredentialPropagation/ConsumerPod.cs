using System.Text.Json.Serialization;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>The parts of a Pod that can name a Secret.</summary>
internal sealed record ConsumerPod : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
    public ConsumerPodSpec Spec { get; init; } = new();

    public bool Mounts(string secret) => Spec.Volumes?.Any(v =>
        string.Equals(v.Secret?.SecretName, secret, StringComparison.Ordinal)
        || v.Projected?.Sources?.Any(s => string.Equals(s.Secret?.Name, secret, StringComparison.Ordinal)) == true) == true;

    public bool HasInVariables(string secret) => (Spec.Containers ?? []).Concat(Spec.InitContainers ?? []).Any(c =>
        c.Env?.Any(e => string.Equals(e.ValueFrom?.SecretKeyRef?.Name, secret, StringComparison.Ordinal)) == true
        || c.EnvFrom?.Any(e => string.Equals(e.SecretRef?.Name, secret, StringComparison.Ordinal)) == true);
}

internal sealed record ConsumerPodSpec
{
    public IReadOnlyList<PodVolume>? Volumes { get; init; }
    public IReadOnlyList<PodContainer>? Containers { get; init; }
    public IReadOnlyList<PodContainer>? InitContainers { get; init; }
}

internal sealed record PodVolume
{
    public VolumeSecret? Secret { get; init; }
    public ProjectedVolume? Projected { get; init; }
}

internal sealed record VolumeSecret
{
    public string? SecretName { get; init; }
}

internal sealed record ProjectedVolume
{
    public IReadOnlyList<ProjectedSource>? Sources { get; init; }
}

internal sealed record ProjectedSource
{
    public NamedReference? Secret { get; init; }
}

internal sealed record PodContainer
{
    public IReadOnlyList<PodVariable>? Env { get; init; }
    public IReadOnlyList<PodVariableSource>? EnvFrom { get; init; }
}

internal sealed record PodVariable
{
    public PodVariableValue? ValueFrom { get; init; }
}

internal sealed record PodVariableValue
{
    public NamedReference? SecretKeyRef { get; init; }
}

internal sealed record PodVariableSource
{
    public NamedReference? SecretRef { get; init; }
}

internal sealed record NamedReference
{
    public string? Name { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ConsumerPod))]
internal sealed partial class ConsumerPodJson : JsonSerializerContext;
