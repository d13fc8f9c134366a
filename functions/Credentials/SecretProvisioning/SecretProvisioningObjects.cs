using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>Builds the Secret of an access.</summary>
internal static class SecretProvisioningObjects
{
    /// <summary>The keys of the Secret. Rotation facts are annotations and not keys, because kagent restarts its agents when any key changes.</summary>
    public static IReadOnlyDictionary<string, SecretValue> Data(LLMProvider provider, SecretValue credential)
    {
        var data = new SortedDictionary<string, SecretValue>(StringComparer.Ordinal)
        {
            [CredentialNames.ApiKey] = credential,
            [CredentialNames.ProviderKey] = SecretValue.FromText(provider.Spec.Provider),
        };
        if (provider.Spec.Endpoint?.BaseURL is { Length: > 0 } url)
        {
            data[CredentialNames.BaseUrlKey] = SecretValue.FromText(url);
        }

        return data;
    }

    public static IReadOnlyDictionary<string, string> Labels(LLMAccess access, LLMProvider provider)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [CredentialNames.ManagedBy] = CredentialNames.ManagedByValue,
            [CredentialNames.AuthType] = provider.Spec.Auth.Type,
        };
        foreach (var (label, name) in new[] { (CredentialNames.Access, access.Metadata.Name), (CredentialNames.Provider, provider.Metadata.Name) })
        {
            if (CredentialSecret.FitsLabel(name))
            {
                labels[label] = name;
            }
        }

        return labels;
    }

    /// <summary>Who was issued what, when: the durable record that status is derived from.</summary>
    public static IReadOnlyDictionary<string, string> Annotations(string issuedDigest, DateTimeOffset rotatedAt, DateTimeOffset changedAt, long revision) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [CredentialNames.IssuedDigest] = issuedDigest,
        [CredentialNames.RotatedAt] = KubernetesTime.Format(rotatedAt),
        [CredentialNames.ChangedAt] = KubernetesTime.Format(changedAt),
        [CredentialNames.Revision] = revision.ToString(),
    };

    public static DesiredObject Secret(LLMAccess access, LLMProvider provider, IReadOnlyDictionary<string, SecretValue> data, IReadOnlyDictionary<string, string> annotations) => new(new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["labels"] = Map(Labels(access, provider)),
            ["annotations"] = Map(annotations),
            ["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = CredentialKinds.LLMAccess.ApiVersion,
                ["kind"] = CredentialKinds.LLMAccess.Kind,
                ["name"] = access.Metadata.Name,
                ["uid"] = access.Metadata.Uid,
                ["controller"] = true,
            }),
        },
        ["type"] = "Opaque",
    })
    {
        SecretData = data,
    };

    public static ObjectReference Reference(LLMAccess access) => new(KubernetesKinds.Secret, access.Metadata.Namespace, access.Spec.SecretName);

    private static JsonObject Map(IReadOnlyDictionary<string, string> values) => new(values.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value)));
}
