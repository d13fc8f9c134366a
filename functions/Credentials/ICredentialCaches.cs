using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Credentials;

/// <summary>The watch-backed copies that the credential functions read, and the questions they ask of them.</summary>
internal interface ICredentialCaches
{
    IObjectCache<LLMAccess> Accesses { get; }
    IObjectCache<LLMProvider> Providers { get; }

    /// <summary>Names and labels of namespaces.</summary>
    IObjectCache<MetadataOnly> Namespaces { get; }

    /// <summary>Metadata of all Secrets; values are never watched.</summary>
    IObjectCache<MetadataOnly> Secrets { get; }

    /// <summary>Accesses whose <c>spec.providerRef.name</c> is this.</summary>
    IReadOnlyCollection<LLMAccess> AccessesOf(string provider);

    /// <summary>Accesses whose <c>spec.secretName</c> is this Secret.</summary>
    IReadOnlyCollection<LLMAccess> AccessesNaming(ObjectKey secret);

    /// <summary>Providers whose <c>spec.auth.apiKey.secretRef</c> is this Secret.</summary>
    IReadOnlyCollection<LLMProvider> ProvidersWithMaster(ObjectKey secret);

    /// <summary>Secrets that name this LLMAccess UID as owner.</summary>
    IReadOnlyCollection<MetadataOnly> SecretsOwnedBy(string accessUid);
}
