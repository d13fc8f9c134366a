using System.Text;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Writes RBAC objects as YAML, always in the same way, so that a file can be compared. Pure.</summary>
/// <param name="head">Comments before the first object.</param>
internal sealed class RbacYaml(params IEnumerable<string> head)
{
    /// <summary>Label of a binding: which part of an installation its rights are for. A kustomize component chooses by it whom they are given to.</summary>
    public const string PartLabel = "app.kubernetes.io/component";

    private const string Api = "rbac.authorization.k8s.io";

    private readonly StringBuilder _yaml = new(string.Concat(head.Select(l => $"# {l}\n")));
    private bool _begun;

    public RbacYaml ServiceAccount(string name)
    {
        Begin("v1", "ServiceAccount", name, RbacManifest.Namespace, part: null);
        // Whoever else runs under this account does not get its token by accident; our pods ask for it.
        _yaml.Append("automountServiceAccountToken: false\n");
        return this;
    }

    /// <summary>A role and its one binding.</summary>
    /// <param name="name">Of both.</param>
    /// <param name="ns">Where the rights hold; null for everywhere.</param>
    /// <param name="rules">The rights.</param>
    /// <param name="part">See <see cref="PartLabel"/>.</param>
    /// <param name="account">Who has them.</param>
    public RbacYaml Role(string name, string? ns, IReadOnlyList<RbacRule> rules, string part, string account)
    {
        var kind = ns is null ? "ClusterRole" : "Role";
        Begin($"{Api}/v1", kind, name, ns, part: null);
        _yaml.Append("rules:\n");
        foreach (var rule in rules)
        {
            _yaml.Append("# ").AppendJoin(", ", rule.NeededBy).Append('\n');
            _yaml.Append("- apiGroups: [").Append(rule.Group.Length == 0 ? "\"\"" : rule.Group).Append("]\n");
            _yaml.Append("  resources: [").AppendJoin(", ", rule.Resources).Append("]\n");
            _yaml.Append("  verbs: [").AppendJoin(", ", rule.Verbs).Append("]\n");
        }

        Begin($"{Api}/v1", kind + "Binding", name, ns, part);
        _yaml.Append("roleRef:\n  apiGroup: ").Append(Api).Append("\n  kind: ").Append(kind).Append("\n  name: ").Append(name).Append('\n');
        _yaml.Append("subjects:\n- kind: ServiceAccount\n  name: ").Append(account).Append("\n  namespace: ").Append(RbacManifest.Namespace).Append('\n');
        return this;
    }

    public override string ToString() => _yaml.ToString();

    private void Begin(string apiVersion, string kind, string name, string? ns, string? part)
    {
        _yaml.Append(_begun ? "---\n" : "").Append("apiVersion: ").Append(apiVersion).Append("\nkind: ").Append(kind).Append("\nmetadata:\n  name: ").Append(name).Append('\n');
        _begun = true;
        if (ns is not null)
        {
            _yaml.Append("  namespace: ").Append(ns).Append('\n');
        }

        _yaml.Append("  labels:\n    app.kubernetes.io/part-of: agent-warden\n");
        if (part is not null)
        {
            _yaml.Append("    ").Append(PartLabel).Append(": ").Append(part).Append('\n');
        }
    }
}
