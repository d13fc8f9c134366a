using Azure.Core;
using Azure.Identity;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>
/// Which identity a process without a key has: the one that AKS workload identity gives to its pod, else a managed identity.
/// No chain of guesses: DefaultAzureCredential tries developers' tools too, is slow to fail, and may find another identity than the one that was granted.
/// </summary>
internal static class EntraIdentity
{
    /// <summary>Set, with tenant and client, by the workload identity webhook in pods labelled <c>azure.workload.identity/use: "true"</c>.</summary>
    private const string TokenFile = "AZURE_FEDERATED_TOKEN_FILE";

    public const string Advice =
        "in AKS, label the pod azure.workload.identity/use: \"true\" and annotate its ServiceAccount with azure.workload.identity/client-id; elsewhere a managed identity is needed, and AZURE_CLIENT_ID when there are several.";

    /// <param name="settings">Environment variables.</param>
    /// <param name="clientId">The client that a connection names; else <c>AZURE_CLIENT_ID</c>.</param>
    public static TokenCredential Choose(Func<string, string?> settings, string? clientId = null)
    {
        clientId = NotEmpty(clientId) ?? NotEmpty(settings("AZURE_CLIENT_ID"));
        return NotEmpty(settings(TokenFile)) is { } file
            ? new WorkloadIdentityCredential(new WorkloadIdentityCredentialOptions { ClientId = clientId, TenantId = settings("AZURE_TENANT_ID"), TokenFilePath = file })
            : new ManagedIdentityCredential(new ManagedIdentityCredentialOptions(clientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId)));
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
