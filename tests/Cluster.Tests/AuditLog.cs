using System.Text.Json.Nodes;

namespace AgentWarden.ClusterTests;

/// <summary>
/// What the API server was asked by ServiceAccounts of our namespace, and what it answered: its own audit log, so nothing that a process hides or retries is missed.
/// The server writes an entry when a request comes in, and another one before its answer is complete: a watch has the first only, while it lasts.
/// </summary>
internal sealed class AuditLog : IDisposable
{
    private const string Namespace = "agent-warden-system";

    private readonly string _folder = Directory.CreateTempSubdirectory("warden-audit-").FullName;

    public AuditLog() => File.WriteAllText(Policy, $"""
        apiVersion: audit.k8s.io/v1
        kind: Policy
        rules:
        - level: Metadata
          userGroups: ["system:serviceaccounts:{Namespace}"]
        - level: None

        """);

    public IReadOnlyList<string> ApiServerArguments => [$"--audit-policy-file={Policy}", $"--audit-log-path={Log}", "--audit-log-format=json", "--audit-log-mode=blocking"];

    private string Policy => Path.Combine(_folder, "policy.yaml");

    private string Log => Path.Combine(_folder, "audit.log");

    /// <summary>Every request of the account so far, for objects; one that was answered is there twice.</summary>
    public IReadOnlyList<AuditEntry> Of(string account)
    {
        using var log = new StreamReader(new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        // What follows the last line's end is still being written.
        return [.. log.ReadToEnd().Split('\n')[..^1]
            .Select(l => JsonNode.Parse(l)!)
            .Where(e => (string?)e["user"]!["username"] == $"system:serviceaccount:{Namespace}:{account}" && e["objectRef"] is not null)
            .Select(e => new AuditEntry((string)e["verb"]!, (string?)e["objectRef"]!["apiGroup"] ?? "", Resource(e["objectRef"]!), (string?)e["objectRef"]!["namespace"], (int?)e["responseStatus"]?["code"] ?? 0))];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Resource(JsonNode reference) => reference["subresource"] is { } part ? $"{reference["resource"]}/{part}" : (string)reference["resource"]!;
}

/// <summary>One request.</summary>
/// <param name="Verb">As RBAC has it.</param>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Resource">Plural, with its subresource where one is meant.</param>
/// <param name="Namespace">Null for all, or for none.</param>
/// <param name="Status">Of the HTTP answer; 0 when the request has just come in.</param>
internal sealed record AuditEntry(string Verb, string Group, string Resource, string? Namespace, int Status)
{
    public string Right => $"{Group} {Resource} {Verb}";
}
