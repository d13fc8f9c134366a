using AgentWarden.Kernel.Admission;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>A container of the pod and where it is.</summary>
internal sealed record ContainerTarget(string Pointer, ContainerView Container);

/// <summary>Which containers get credentials: the regular ones, unless the pod's annotations say otherwise. Ephemeral ones never do.</summary>
internal static class ContainerTargets
{
    /// <param name="pod">The pod.</param>
    /// <param name="names">Comma-separated container names, init containers included; blank for all regular containers.</param>
    /// <param name="everyInit">Every init container, in addition.</param>
    /// <param name="unknown">Names that no container has.</param>
    public static IReadOnlyList<ContainerTarget> Choose(PodView pod, string? names, bool everyInit, out IReadOnlyList<string> unknown)
    {
        var chosen = string.IsNullOrWhiteSpace(names) ? null : names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var regular = pod.Containers ?? [];
        var init = pod.InitContainers ?? [];
        var targets = new List<ContainerTarget>(regular.Count);
        Add(targets, "/spec/initContainers/", init, name => everyInit || (chosen is not null && chosen.Contains(name, StringComparer.Ordinal)));
        Add(targets, "/spec/containers/", regular, name => chosen is null || chosen.Contains(name, StringComparer.Ordinal));
        unknown = chosen is null ? [] : [.. chosen.Where(name => !regular.Concat(init).Any(c => string.Equals(c.Name, name, StringComparison.Ordinal)))];
        return targets;
    }

    private static void Add(List<ContainerTarget> targets, string list, IReadOnlyList<ContainerView> containers, Func<string, bool> isChosen)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            if (isChosen(containers[i].Name))
            {
                targets.Add(new(list + i, containers[i]));
            }
        }
    }
}
