using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials;

/// <summary><c>LLMProvider.llmwarden.io/v1alpha1</c>, cluster-scoped: a provider, its master credential, and who may use it.</summary>
internal sealed record LLMProvider : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
    public LLMProviderSpec Spec { get; init; } = new();
    public LLMProviderStatus? Status { get; init; }
}

internal sealed record LLMProviderSpec
{
    /// <summary>openai, anthropic, aws-bedrock, azure-openai, gcp-vertexai or custom.</summary>
    public string Provider { get; init; } = "";
    public ProviderAuth Auth { get; init; } = new();

    /// <summary>Models that may be asked for; empty means all.</summary>
    public IReadOnlyList<string>? AllowedModels { get; init; }

    /// <summary>Namespaces that may use the provider; absent means all.</summary>
    public LabelSelector? NamespaceSelector { get; init; }
    public ProviderEndpoint? Endpoint { get; init; }
    public ProviderRateLimit? RateLimit { get; init; }
}

/// <summary><c>spec.auth</c>: the type, and the block of that type.</summary>
internal sealed record ProviderAuth
{
    public const string TypeApiKey = "apiKey", TypeExternalSecret = "externalSecret", TypeWorkloadIdentity = "workloadIdentity";

    public string Type { get; init; } = "";
    public ApiKeyAuth? ApiKey { get; init; }
    public ExternalSecretAuth? ExternalSecret { get; init; }
    public WorkloadIdentityAuth? WorkloadIdentity { get; init; }
}

internal sealed record ApiKeyAuth
{
    public SecretKeyReference? SecretRef { get; init; }
    public ProviderRotation? Rotation { get; init; }
}

/// <summary>One key of one Secret.</summary>
internal sealed record SecretKeyReference
{
    public string Name { get; init; } = "";
    public string Namespace { get; init; } = "";
    public string Key { get; init; } = "";
}

/// <summary><c>spec.auth.apiKey.rotation</c>.</summary>
internal sealed record ProviderRotation
{
    public const string ProviderApi = "providerAPI", RecreateSecret = "recreateSecret";

    public bool Enabled { get; init; }

    /// <summary>A number and d, h or m: days, hours, minutes.</summary>
    public string? Interval { get; init; }

    /// <summary>providerAPI (the default) or recreateSecret.</summary>
    public string? Strategy { get; init; }
}

internal sealed record ExternalSecretAuth
{
    public SecretStoreReference? Store { get; init; }
    public RemoteReference? RemoteRef { get; init; }
    public string? RefreshInterval { get; init; }
}

internal sealed record SecretStoreReference
{
    public string Name { get; init; } = "";
    public string Kind { get; init; } = "";
}

internal sealed record RemoteReference
{
    public string Key { get; init; } = "";
    public string? Property { get; init; }
}

internal sealed record WorkloadIdentityAuth
{
    public AwsIdentity? Aws { get; init; }
    public AzureIdentity? Azure { get; init; }
    public GcpIdentity? Gcp { get; init; }
}

internal sealed record AwsIdentity
{
    public string RoleArn { get; init; } = "";
    public string Region { get; init; } = "";
}

internal sealed record AzureIdentity
{
    public string ClientId { get; init; } = "";
    public string TenantId { get; init; } = "";
    public string? ManagedIdentityResourceId { get; init; }
}

internal sealed record GcpIdentity
{
    public string ServiceAccountEmail { get; init; } = "";
    public string ProjectId { get; init; } = "";
}

internal sealed record ProviderEndpoint
{
    public string? BaseURL { get; init; }
}

internal sealed record ProviderRateLimit
{
    public long? RequestsPerMinute { get; init; }
    public long? TokensPerMinute { get; init; }
}

internal sealed record LLMProviderStatus
{
    public long ObservedGeneration { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public DateTimeOffset? LastCredentialCheck { get; init; }
    public int? AccessCount { get; init; }
}
