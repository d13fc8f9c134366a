namespace AgentWarden.AzureTests;

/// <summary>The roles that may be given at all, by id, and what each may be given on.</summary>
internal static class Roles
{
    public const string EventGridSender = "d5a91429-5739-47e2-a06b-3470a27159e7";
    public const string VaultSecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    public const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    public const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    public const string BlobOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    public const string QueueContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
    public const string QueueSender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";

    private const string Account = "Microsoft.Storage/storageAccounts/*";

    /// <summary>The whole list. A star stands for one part of a path.</summary>
    public static IReadOnlyList<(string Role, string Principal, string Scope)> Allowed { get; } =
    [
        (EventGridSender, "bridgePrincipalId", "Microsoft.EventGrid/topics/*"),
        (VaultSecretsUser, "functionsPrincipalId", "Microsoft.KeyVault/vaults/*"),
        (MetricsPublisher, "functionsPrincipalId", "Microsoft.Insights/components/*"),
        // The Functions host makes containers of its own, so this one is of the account.
        (BlobOwner, "functionsPrincipalId", Account),
        (BlobContributor, Grant.Topic, $"{Account}/blobServices/default/containers/dead-letters"),
        (QueueContributor, "functionsPrincipalId", $"{Account}/queueServices/default/queues/*"),
        (QueueSender, "functionsPrincipalId", $"{Account}/queueServices/default/queues/*"),
        (QueueSender, Grant.Topic, $"{Account}/queueServices/default/queues/*"),
    ];

    public static bool Allows(Grant grant) =>
        Allowed.Any(a => a.Role == grant.Role && a.Principal == grant.Principal && Fits(a.Scope, grant.Scope));

    private static bool Fits(string pattern, string scope)
    {
        var (parts, found) = (pattern.Split('/'), scope.Split('/'));
        return parts.Length == found.Length && parts.Zip(found).All(p => p.First == "*" || p.First == p.Second);
    }
}
