namespace AgentWarden.Credentials;

/// <summary>The vocabulary of labels, annotations and Secret keys of <c>llmwarden.io</c>, each with what it means.</summary>
internal static class CredentialNames
{
    /// <summary>Label on a Secret that we created: <see cref="ManagedByValue"/>.</summary>
    public const string ManagedBy = "llmwarden.io/managed-by";
    public const string ManagedByValue = "llmwarden";

    /// <summary>Label on a Secret: the LLMProvider it is for. Absent when the name does not fit a label value.</summary>
    public const string Provider = "llmwarden.io/provider";

    /// <summary>Label on a Secret: the LLMAccess it is for. Absent when the name does not fit a label value.</summary>
    public const string Access = "llmwarden.io/access";

    /// <summary>Label on a Secret: the provider's <c>auth.type</c>.</summary>
    public const string AuthType = "llmwarden.io/auth-type";

    /// <summary>Annotation on a Secret: when the credential in it was last replaced, RFC 3339. Status is derived from it.</summary>
    public const string RotatedAt = "llmwarden.io/rotated-at";

    /// <summary>Annotation on a Secret: digest of the credential that was last issued; tells a new master key from tampering.</summary>
    public const string IssuedDigest = "llmwarden.io/issued-digest";

    /// <summary>Annotation on a Secret: counts the changes of its data; consumers are brought to it.</summary>
    public const string Revision = "llmwarden.io/revision";

    /// <summary>Annotation on a Secret: when its data last changed, RFC 3339.</summary>
    public const string ChangedAt = "llmwarden.io/changed-at";

    /// <summary>Prefix of the annotation on a pod or pod template that says which revision of a Secret it has been brought to.</summary>
    public const string ConsumedRevisionPrefix = "revision.llmwarden.io/";

    /// <summary>Pod annotation, the user's: "true" restarts the pod's workload when a credential it holds in a variable is rotated.</summary>
    public const string RestartOnRotation = "llmwarden.io/restart-on-rotation";

    /// <summary>Pod annotation, the user's: "false" keeps injection away from this pod.</summary>
    public const string Inject = "llmwarden.io/inject";

    /// <summary>Pod annotation, the user's: comma-separated container names that get credentials; init containers may be named.</summary>
    public const string InjectContainers = "llmwarden.io/inject-containers";

    /// <summary>Pod annotation, the user's: "true" gives credentials to every init container as well.</summary>
    public const string InjectInitContainers = "llmwarden.io/inject-init-containers";

    /// <summary>Pod annotation, ours: comma-separated providers whose credentials were injected.</summary>
    public const string InjectedProviders = "llmwarden.io/injected-providers";

    /// <summary>Pod annotation, ours: <c>injected</c>, or what was left as the user has it.</summary>
    public const string InjectionStatus = "llmwarden.io/injection-status";

    /// <summary>Secret key: the API key.</summary>
    public const string ApiKey = "apiKey";

    /// <summary>Secret key: the provider's type, for example <c>anthropic</c>.</summary>
    public const string ProviderKey = "provider";

    /// <summary>Secret key: the provider's base URL, when the LLMProvider sets one.</summary>
    public const string BaseUrlKey = "baseUrl";
}
