using System.Text;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>
/// The RBAC of an installation in one process as YAML: one ClusterRole per function, all bound to the one ServiceAccount.
/// Each binding says whose part it is, so that a split installation (<see cref="RbacOfParts"/>) changes nothing but accounts. Pure.
/// </summary>
internal static class RbacManifest
{
    public const string Account = "agent-warden";
    public const string Namespace = "agent-warden-system";

    /// <summary>What the process itself needs beside its functions: one leader among its replicas, by a Lease beside it.</summary>
    private static readonly RbacRule Leading = new(KubernetesKinds.Lease.Group, [KubernetesKinds.Lease.Plural], ["get", "create", "update"], ["the process itself: one leader among its replicas"]);

    public static string Write(IReadOnlyList<IHandler> functions)
    {
        var sorted = functions.OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
        var yaml = new RbacYaml(Head([.. sorted.Where(f => f.Access.Count == 0).Select(f => f.Name)])).ServiceAccount(Account);
        foreach (var function in sorted.Where(f => f.Access.Count > 0))
        {
            yaml.Role($"{Account}-{Kebab(function.Name)}", ns: null, RbacRules.Of(function, sorted), RbacOfParts.Name(function.Part), Account);
        }

        return yaml.Role($"{Account}-leader", Namespace, [Leading], RbacOfParts.Name(HostedParts.Bridge), Account).ToString();
    }

    /// <summary><c>SecretProvisioning</c> → <c>secret-provisioning</c>; an acronym is one word.</summary>
    public static string Kebab(string name)
    {
        var kebab = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = i > 0 && char.IsAsciiLetterUpper(name[i]) && (!char.IsAsciiLetterUpper(name[i - 1]) || (i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1])));
            kebab.Append(startsWord ? "-" : "").Append(char.ToLowerInvariant(name[i]));
        }

        return kebab.ToString();
    }

    private static IEnumerable<string> Head(IReadOnlyList<string> needNothing) =>
    [
        "Generated from what each function says it reads and writes (IHandler.Access). A test compares; to write it anew:",
        "  REFRESH_GOLDEN=1 dotnet test tests/Functions.Tests --filter RbacManifest",
        "The comment above a rule names every function that needs all of it.",
        .. needNothing.Count > 0 ? [$"No access at all: {string.Join(", ", needNothing)}."] : (string[])[],
    ];
}
