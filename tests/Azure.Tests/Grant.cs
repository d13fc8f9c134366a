namespace AgentWarden.AzureTests;

/// <summary>One role assignment: which role, to whom, on what.</summary>
/// <param name="Role">The role's id.</param>
/// <param name="Principal">The output or property that tells the principal, for example <c>bridgePrincipalId</c>.</param>
/// <param name="Scope">The resource's id from its type on, for example <c>Microsoft.EventGrid/topics/…</c>.</param>
internal sealed record Grant(string Role, string Principal, string Scope)
{
    private const string Assignments = "Microsoft.Authorization/roleAssignments";

    /// <summary>The topic's own identity, as ARM reads it.</summary>
    public const string Topic = "topic";

    public static IReadOnlyList<Grant> Of(Deployment deployment) => [.. deployment.Of(Assignments).Select(Read)];

    private static Grant Read(Resource assignment)
    {
        var principal = assignment.Text("principalId");
        return new(
            assignment.Text("roleDefinitionId").Split('/')[^1],
            principal.Contains("Microsoft.EventGrid/topics", StringComparison.Ordinal)
                ? Topic
                : principal.Split(".outputs.")[^1].Split('.')[0],
            ScopeOf(assignment.Id));
    }

    /// <summary>The id is an expression, because the name is made of ids that only Azure knows; the scope stands in it as text.</summary>
    private static string ScopeOf(string id)
    {
        const string Providers = "/resourceGroups/agents/providers/";
        var at = id.IndexOf(Providers, StringComparison.Ordinal);
        Assert.True(at >= 0, $"No scope in {id}: a role must be given on a resource and not on the group.");
        return id[(at + Providers.Length)..].Split('\'')[0].Split("/providers/")[0];
    }
}
