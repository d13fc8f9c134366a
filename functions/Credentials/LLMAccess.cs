using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials;

/// <summary><c>LLMAccess.llmwarden.io/v1alpha1</c>, namespaced: a workload's request for a provider's credential.</summary>
internal sealed record LLMAccess : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
    public LLMAccessSpec Spec { get; init; } = new();
    public LLMAccessStatus? Status { get; init; }
}

internal sealed record LLMAccessSpec
{
    public ProviderReference ProviderRef { get; init; } = new();

    /// <summary>Models asked for; absent means all that the provider allows.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>The Secret to create in this namespace.</summary>
    public string SecretName { get; init; } = "";

    /// <summary>Pods that get the credential; absent means none.</summary>
    public LabelSelector? WorkloadSelector { get; init; }
    public AccessInjection Injection { get; init; } = new();
    public AccessRotation? Rotation { get; init; }
}

internal sealed record ProviderReference
{
    public string Name { get; init; } = "";
}

internal sealed record AccessInjection
{
    public IReadOnlyList<EnvMapping>? Env { get; init; }
    public VolumeInjection? Volume { get; init; }
}

/// <summary>One variable from one key of the Secret.</summary>
internal sealed record EnvMapping
{
    public string Name { get; init; } = "";
    public string SecretKey { get; init; } = "";
}

internal sealed record VolumeInjection
{
    public string MountPath { get; init; } = "";

    /// <summary>Absent means true, the schema's default.</summary>
    public bool? ReadOnly { get; init; }
}

internal sealed record AccessRotation
{
    /// <summary>At most the provider's interval.</summary>
    public string? Interval { get; init; }
}

internal sealed record LLMAccessStatus
{
    public long ObservedGeneration { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public StatusSecretReference? SecretRef { get; init; }
    public DateTimeOffset? LastRotation { get; init; }
    public DateTimeOffset? NextRotation { get; init; }
    public IReadOnlyList<string>? ProvisionedModels { get; init; }
}

internal sealed record StatusSecretReference
{
    public string? Name { get; init; }
    public string? Namespace { get; init; }
    public string? Uid { get; init; }
}
