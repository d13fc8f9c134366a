using System.Text;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Composition.Installing;

/// <summary>The RBAC of the whole process as YAML: one ClusterRole per function, all bound to the one ServiceAccount. A later split into roles only changes bindings. Pure.</summary>
internal static class RbacManifest
{
    public const string Account = "agent-warden";
    public const string Namespace = "agent-warden-system";

    /// <summary>What the process itself needs beside its functions: one leader among its replicas, by a Lease beside it.</summary>
    private static readonly AccessRule Leading = new(KubernetesKinds.Lease, Subresource: null, "get", "create", "update");

    public static string Write(IReadOnlyList<IFunction> functions)
    {
        var sorted = functions.OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
        var yaml = new StringBuilder();
        Head(yaml, [.. sorted.Where(f => f.Access.Count == 0).Select(f => f.Name)]);
        foreach (var function in sorted.Where(f => f.Access.Count > 0))
        {
            var name = $"{Account}-{Kebab(function.Name)}";
            Document(yaml, "rbac.authorization.k8s.io/v1", "ClusterRole", name, ns: null);
            Rules(yaml, RbacRules.Of(function, sorted));
            Binding(yaml, "ClusterRole", name, ns: null);
        }

        Document(yaml, "rbac.authorization.k8s.io/v1", "Role", $"{Account}-leader", Namespace);
        Rules(yaml, [new RbacRule(Leading.Kind.Group, [Leading.Kind.Plural], Leading.Verbs, ["the process itself: one leader among its replicas"])]);
        Binding(yaml, "Role", $"{Account}-leader", Namespace);
        return yaml.ToString();
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

    private static void Head(StringBuilder yaml, IReadOnlyList<string> needNothing)
    {
        yaml.Append("# Generated from what each function says it reads and writes (IFunction.Access). A test compares; to write it anew:\n");
        yaml.Append("#   REFRESH_GOLDEN=1 dotnet test tests/Functions.Tests --filter RbacManifest\n");
        yaml.Append("# The comment above a rule names every function that needs all of it.\n");
        if (needNothing.Count > 0)
        {
            yaml.Append("# No access at all: ").AppendJoin(", ", needNothing).Append(".\n");
        }

        yaml.Append("apiVersion: v1\nkind: ServiceAccount\n");
        Metadata(yaml, Account, Namespace);
        // Whoever else runs under this account does not get its token by accident; our pods ask for it.
        yaml.Append("automountServiceAccountToken: false\n");
    }

    private static void Document(StringBuilder yaml, string apiVersion, string kind, string name, string? ns)
    {
        yaml.Append("---\napiVersion: ").Append(apiVersion).Append("\nkind: ").Append(kind).Append('\n');
        Metadata(yaml, name, ns);
    }

    private static void Metadata(StringBuilder yaml, string name, string? ns)
    {
        yaml.Append("metadata:\n  name: ").Append(name).Append('\n');
        if (ns is not null)
        {
            yaml.Append("  namespace: ").Append(ns).Append('\n');
        }

        yaml.Append("  labels:\n    app.kubernetes.io/part-of: agent-warden\n");
    }

    private static void Rules(StringBuilder yaml, IReadOnlyList<RbacRule> rules)
    {
        yaml.Append("rules:\n");
        foreach (var rule in rules)
        {
            yaml.Append("# ").AppendJoin(", ", rule.NeededBy).Append('\n');
            yaml.Append("- apiGroups: [").Append(rule.Group.Length == 0 ? "\"\"" : rule.Group).Append("]\n");
            yaml.Append("  resources: [").AppendJoin(", ", rule.Resources).Append("]\n");
            yaml.Append("  verbs: [").AppendJoin(", ", rule.Verbs).Append("]\n");
        }
    }

    private static void Binding(StringBuilder yaml, string roleKind, string role, string? ns)
    {
        Document(yaml, "rbac.authorization.k8s.io/v1", roleKind + "Binding", role, ns);
        yaml.Append("roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ").Append(roleKind).Append("\n  name: ").Append(role).Append('\n');
        yaml.Append("subjects:\n- kind: ServiceAccount\n  name: ").Append(Account).Append("\n  namespace: ").Append(Namespace).Append('\n');
    }
}
