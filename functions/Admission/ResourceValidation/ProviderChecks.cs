using AgentWarden.Credentials;
using AgentWarden.Kernel.Planning;
using static AgentWarden.Admission.ResourceValidation.ResourceValidationReasons;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>What an LLMProvider must fulfil beyond its schema, and whom a change of it hurts.</summary>
internal static class ProviderChecks
{
    public static IEnumerable<Finding> Faults(LLMProvider provider) =>
    [
        .. Auth(provider.Spec.Auth),
        .. SelectorChecks.Faults("spec.namespaceSelector", provider.Spec.NamespaceSelector),
        .. BaseUrl(provider.Spec.Endpoint?.BaseURL),
    ];

    /// <summary>Taking access away is the platform team's right, so it is allowed; it must not come as a surprise.</summary>
    public static IEnumerable<string> Revocations(ProviderFacts facts)
    {
        if (facts is not { Provider: { } now, Before: { } before })
        {
            yield break;
        }

        if (Newly(facts.Users, (p, u) => AccessPolicy.CheckModels(p, u.Spec.Models)) is { Length: > 0 } models)
        {
            yield return LosesModels(models);
        }

        var known = facts.Users.Where(u => u.Metadata.Namespace is { } ns && facts.NamespaceLabels.ContainsKey(ns));
        if (Newly(known, (p, u) => AccessPolicy.CheckNamespace(p, u.Metadata.Namespace!, facts.NamespaceLabels[u.Metadata.Namespace!])) is { Length: > 0 } namespaces)
        {
            yield return LosesNamespaces(namespaces);
        }

        LLMAccess[] Newly(IEnumerable<LLMAccess> users, Func<LLMProvider, LLMAccess, Finding?> check) =>
            [.. users.Where(u => check(before, u) is null && check(now, u) is not null)];
    }

    public static IEnumerable<string> Deletion(ProviderFacts facts) =>
        facts is { Before: { } provider, Users.Count: > 0 } ? [Deleted(provider, facts.Users)] : [];

    private static IEnumerable<Finding> Auth(ProviderAuth auth) => auth switch
    {
        { Type: ProviderAuth.TypeApiKey, ApiKey: { } block } => ApiKey(block),
        { Type: ProviderAuth.TypeExternalSecret, ExternalSecret: { } block } => External(block),
        { Type: ProviderAuth.TypeWorkloadIdentity, WorkloadIdentity: { } block } => Identity(block),
        { Type: ProviderAuth.TypeApiKey or ProviderAuth.TypeExternalSecret or ProviderAuth.TypeWorkloadIdentity } =>
            [new(FieldMissing, $"spec.auth.{auth.Type}: needed because spec.auth.type is {auth.Type}. Add the block, or choose the type whose block is there.")],
        _ => [new(FieldInvalid, $"spec.auth.type: \"{auth.Type}\" is none of {ProviderAuth.TypeApiKey}, {ProviderAuth.TypeExternalSecret}, {ProviderAuth.TypeWorkloadIdentity}.")],
    };

    private static IEnumerable<Finding> ApiKey(ApiKeyAuth block)
    {
        const string Field = "spec.auth.apiKey";
        IEnumerable<Finding?> found =
        [
            Filled($"{Field}.secretRef.name", block.SecretRef?.Name, "the Secret that holds the master key"),
            Filled($"{Field}.secretRef.namespace", block.SecretRef?.Namespace, "the namespace of that Secret"),
            Filled($"{Field}.secretRef.key", block.SecretRef?.Key, "the key in that Secret"),
            IntervalChecks.Form($"{Field}.rotation.interval", block.Rotation?.Interval),
        ];
        return found.OfType<Finding>();
    }

    private static IEnumerable<Finding> External(ExternalSecretAuth block)
    {
        const string Field = "spec.auth.externalSecret";
        IEnumerable<Finding?> found =
        [
            Filled($"{Field}.store.name", block.Store?.Name, "the SecretStore or ClusterSecretStore"),
            Filled($"{Field}.remoteRef.key", block.RemoteRef?.Key, "the key or path in that store"),
        ];
        return found.OfType<Finding>();
    }

    private static IEnumerable<Finding> Identity(WorkloadIdentityAuth block)
    {
        const string Field = "spec.auth.workloadIdentity";
        if (block is { Aws: null, Azure: null, Gcp: null })
        {
            return [new(FieldMissing, $"{Field}: has none of aws, azure, gcp. Add the one of the cloud that the pods run in.")];
        }

        IEnumerable<Finding?> found =
        [
            block.Aws is { } aws ? Filled($"{Field}.aws.roleArn", aws.RoleArn, "the role, arn:aws:iam::<account>:role/<name>") : null,
            block.Aws is { } region ? Filled($"{Field}.aws.region", region.Region, "the AWS region") : null,
            block.Azure is { } azure ? Filled($"{Field}.azure.clientId", azure.ClientId, "the client ID") : null,
            block.Azure is { } tenant ? Filled($"{Field}.azure.tenantId", tenant.TenantId, "the tenant ID") : null,
            block.Gcp is { } gcp ? Filled($"{Field}.gcp.serviceAccountEmail", gcp.ServiceAccountEmail, "the service account's e-mail") : null,
            block.Gcp is { } project ? Filled($"{Field}.gcp.projectId", project.ProjectId, "the project ID") : null,
        ];
        return found.OfType<Finding>();
    }

    private static IEnumerable<Finding> BaseUrl(string? url) =>
        string.IsNullOrEmpty(url) || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0)
            ? []
            : [new(FieldInvalid, $"spec.endpoint.baseURL: \"{url}\" is not an absolute http or https URL. Write one such as https://llm.example.com/v1, or leave it empty for the provider's own.")];

    private static Finding? Filled(string field, string? value, string what) =>
        string.IsNullOrWhiteSpace(value) ? new(FieldMissing, $"{field}: is empty. Name {what}.") : null;
}
