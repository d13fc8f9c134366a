using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.SecretProvisioning;

/// <summary>The faults that keep an access from its credential, in the order in which they are reported.</summary>
internal static class SecretProvisioningChecks
{
    /// <summary>Access that is not granted is revoked: the Secret goes.</summary>
    internal static readonly Check<SecretProvisioningFacts>[] DeniedWhen = [ProviderIsMissing, AuthTypeIsNotSupported, NamespaceIsNotAllowed, ModelsAreNotAllowed];

    /// <summary>Access that is granted but held up keeps the credential it has.</summary>
    internal static readonly Check<SecretProvisioningFacts>[] HeldUpWhen = [SecretIsNotOurs, MasterKeyIsUnusable];

    private static Finding? ProviderIsMissing(SecretProvisioningFacts facts) => facts.Provider is not null ? null : new(SecretProvisioningReasons.ProviderNotFound,
        $"LLMProvider {facts.Access.Spec.ProviderRef.Name} does not exist. Create it, or name another in spec.providerRef.name (kubectl get llmproviders).");

    private static Finding? AuthTypeIsNotSupported(SecretProvisioningFacts facts)
    {
        var provider = facts.Provider!;
        return provider.Spec.Auth switch
        {
            { Type: ProviderAuth.TypeApiKey, ApiKey.SecretRef: not null } => null,
            { Type: ProviderAuth.TypeApiKey } => new(SecretProvisioningReasons.AuthBlockMissing, $"LLMProvider {provider.Metadata.Name} has auth.type apiKey but no spec.auth.apiKey.secretRef. Add it."),
            var other => new(SecretProvisioningReasons.AuthTypeNotSupported, $"LLMProvider {provider.Metadata.Name} has auth.type {other.Type}, which this version does not provision. Use apiKey."),
        };
    }

    private static Finding? NamespaceIsNotAllowed(SecretProvisioningFacts facts) =>
        AccessPolicy.CheckNamespace(facts.Provider!, facts.Access.Metadata.Namespace!, facts.NamespaceLabels);

    private static Finding? ModelsAreNotAllowed(SecretProvisioningFacts facts) =>
        AccessPolicy.CheckModels(facts.Provider!, facts.Access.Spec.Models);

    private static Finding? SecretIsNotOurs(SecretProvisioningFacts facts)
    {
        if (facts.Existing is not { } existing || CredentialSecret.IsOwnedBy(existing.Metadata, facts.Access.Metadata))
        {
            return null;
        }

        var (ns, name) = (facts.Access.Metadata.Namespace, facts.Access.Spec.SecretName);
        if (CredentialSecret.IsOfNamesake(existing.Metadata, facts.Access.Metadata))
        {
            return existing.Metadata.DeletionTimestamp is null ? null : new(SecretProvisioningReasons.SecretConflict,
                $"Secret {ns}/{name} belongs to an earlier LLMAccess of this name and is being deleted. The credential is provisioned when it is gone.");
        }

        var owner = existing.Metadata.OwnerReferences?.FirstOrDefault(o => string.Equals(o.Kind, CredentialKinds.LLMAccess.Kind, StringComparison.Ordinal));
        return new(SecretProvisioningReasons.SecretConflict, owner is null || owner.Name == facts.Access.Metadata.Name
            ? $"Secret {ns}/{name} exists and was not created for this LLMAccess, so it is left alone. Delete it (kubectl delete secret {name} -n {ns}), or choose another spec.secretName."
            : $"Secret {ns}/{name} belongs to LLMAccess {owner.Name}. Choose another spec.secretName.");
    }

    private static Finding? MasterKeyIsUnusable(SecretProvisioningFacts facts) => facts.Master.Check(facts.Provider!);
}
