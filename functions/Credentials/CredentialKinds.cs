using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Credentials;

/// <summary>The kinds of <c>llmwarden.io/v1alpha1</c>.</summary>
internal static class CredentialKinds
{
    public const string Group = "llmwarden.io";
    public static readonly ResourceKind LLMProvider = new(Group, "v1alpha1", "llmproviders", "LLMProvider", Namespaced: false);
    public static readonly ResourceKind LLMAccess = new(Group, "v1alpha1", "llmaccesses", "LLMAccess", Namespaced: true);
}
