using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Planning;
using static AgentWarden.Admission.ResourceValidation.ResourceValidationReasons;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>What an LLMAccess must fulfil beyond its schema: towards its provider, its neighbours in the namespace, and Kubernetes.</summary>
internal static class AccessChecks
{
    private static readonly string[] SecretKeys = [CredentialNames.ApiKey, CredentialNames.ProviderKey, CredentialNames.BaseUrlKey];

    public static IEnumerable<Finding> Faults(AccessFacts facts) =>
    [
        .. TowardsProvider(facts),
        .. SecretName(facts),
        .. SelectorChecks.Faults("spec.workloadSelector", facts.Access.Spec.WorkloadSelector),
        .. Variables(facts.Access.Spec.Injection.Env ?? []),
        .. MountPathChecks.Faults(facts),
    ];

    public static IEnumerable<string> Warnings(AccessFacts facts)
    {
        var (access, provider) = (facts.Access, facts.Provider);
        if (provider is null)
        {
            // GitOps applies in any order; provisioning says the same on the status, and starts when the provider appears.
            yield return ProviderNotFound(access.Spec.ProviderRef.Name);
        }
        else if (access.Spec.Rotation?.Interval is not null && IntervalChecks.OfProvider(provider) is null)
        {
            yield return RotationOff(provider);
        }

        var variables = access.Spec.Injection.Env ?? [];
        if (provider is not null && string.IsNullOrEmpty(provider.Spec.Endpoint?.BaseURL) && variables.Any(v => v.SecretKey == CredentialNames.BaseUrlKey))
        {
            yield return NoBaseUrl(provider);
        }

        if (access.Spec.WorkloadSelector is null && (variables.Count > 0 || access.Spec.Injection.Volume is not null))
        {
            yield return NoSelector();
        }

        foreach (var neighbour in facts.Neighbours.Where(n => MaySelectTheSamePod(access, n)))
        {
            foreach (var shared in variables.Select(v => v.Name).Intersect((neighbour.Spec.Injection.Env ?? []).Select(v => v.Name), StringComparer.Ordinal))
            {
                var winner = string.CompareOrdinal(access.Metadata.Name, neighbour.Metadata.Name) < 0 ? access : neighbour;
                yield return VariableShared(shared, neighbour.Metadata.Name, winner.Metadata.Name);
            }
        }
    }

    internal static bool MaySelectTheSamePod(LLMAccess one, LLMAccess other) =>
        one.Spec.WorkloadSelector is { } first && other.Spec.WorkloadSelector is { } second && SelectorOverlap.CanOverlap(first, second);

    private static IEnumerable<Finding> TowardsProvider(AccessFacts facts)
    {
        var access = facts.Access;
        if (IntervalChecks.Form("spec.rotation.interval", access.Spec.Rotation?.Interval) is { } form)
        {
            yield return form;
        }

        if (facts.Provider is not { } provider)
        {
            yield break;
        }

        if (AccessPolicy.CheckNamespace(provider, facts.Namespace, facts.NamespaceLabels) is { } ns)
        {
            yield return ns;
        }

        if (AccessPolicy.CheckModels(provider, access.Spec.Models) is { } models)
        {
            yield return models;
        }

        if (IntervalChecks.AgainstProvider(provider, access) is { } interval)
        {
            yield return interval;
        }
    }

    private static IEnumerable<Finding> SecretName(AccessFacts facts)
    {
        var name = facts.Access.Spec.SecretName;
        if (!FieldFormats.IsDnsSubdomain(name))
        {
            yield return new(FieldInvalid, $"spec.secretName: \"{name}\" is not a Secret name: {FieldFormats.DnsSubdomain}.");
        }

        if (facts.Neighbours.FirstOrDefault(n => string.Equals(n.Spec.SecretName, name, StringComparison.Ordinal)) is { } neighbour)
        {
            yield return new(AlreadyClaimed, $"spec.secretName: {name} is already the Secret of LLMAccess {neighbour.Metadata.Name} in this namespace. Choose another name, or use that LLMAccess.");
        }

        if (facts.Provider?.Spec.Auth.ApiKey?.SecretRef is { } master && string.Equals(master.Name, name, StringComparison.Ordinal) && string.Equals(master.Namespace, facts.Namespace, StringComparison.Ordinal))
        {
            yield return new(AlreadyClaimed, $"spec.secretName: {name} is the Secret with the master key of LLMProvider {facts.Provider.Metadata.Name}. Choose another name.");
        }
    }

    private static IEnumerable<Finding> Variables(IReadOnlyList<EnvMapping> variables)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            var variable = variables[i];
            if (!FieldFormats.IsVariableName(variable.Name))
            {
                yield return new(FieldInvalid, $"spec.injection.env[{i}].name: \"{variable.Name}\" is not a variable name: {FieldFormats.VariableName}.");
            }

            if (variables.Take(i).Any(v => string.Equals(v.Name, variable.Name, StringComparison.Ordinal)))
            {
                yield return new(FieldInvalid, $"spec.injection.env[{i}].name: {variable.Name} is in the list twice. Remove one of the two.");
            }

            // The Secret has just these keys, so a pod with any other would wait for ever.
            if (!SecretKeys.Contains(variable.SecretKey, StringComparer.Ordinal))
            {
                yield return new(FieldInvalid, $"spec.injection.env[{i}].secretKey: \"{variable.SecretKey}\" is none of {string.Join(", ", SecretKeys)}, the keys of the Secret.");
            }
        }
    }
}
