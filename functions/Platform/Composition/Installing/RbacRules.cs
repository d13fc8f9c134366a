using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>One rule of a role: these verbs on these resources of one API group.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Resources">Plurals, with their subresource where one is meant; sorted.</param>
/// <param name="Verbs">In the order of <see cref="RbacRules.VerbOrder"/>.</param>
/// <param name="NeededBy">Every function that needs all of this rule, so that a reader sees what would go with a function.</param>
internal sealed record RbacRule(string Group, IReadOnlyList<string> Resources, IReadOnlyList<string> Verbs, IReadOnlyList<string> NeededBy);

/// <summary>What functions say they read and write, merged into the fewest rules. Pure.</summary>
internal static class RbacRules
{
    public static readonly IReadOnlyList<string> VerbOrder = ["get", "list", "watch", "create", "update", "patch", "delete"];

    /// <summary>The rules of one function's role, sorted, so that the same access always gives the same text.</summary>
    public static IReadOnlyList<RbacRule> Of(IHandler function, IReadOnlyList<IHandler> all)
    {
        var access = all.ToDictionary(f => f.Name, Merged, StringComparer.Ordinal);
        return
        [
            .. access[function.Name]
                .GroupBy(a => (a.Key.Group, Verbs: string.Join(',', Sorted(a.Value))))
                .Select(g => new RbacRule(
                    g.Key.Group,
                    [.. g.Select(a => a.Key.Resource).Order(StringComparer.Ordinal)],
                    g.Key.Verbs.Split(','),
                    [.. access.Where(f => g.All(a => f.Value.TryGetValue(a.Key, out var verbs) && a.Value.IsSubsetOf(verbs))).Select(f => f.Key).Order(StringComparer.Ordinal)]))
                .OrderBy(r => r.Group, StringComparer.Ordinal)
                .ThenBy(r => r.Resources[0], StringComparer.Ordinal),
        ];
    }

    /// <summary>What a watch of everything that functions subscribe to needs: a rule for each kind, because each has its own subscribers.</summary>
    public static IReadOnlyList<RbacRule> Watching(IReadOnlyList<IEventHandler> functions) =>
    [
        .. functions
            .SelectMany(f => f.Subscriptions.Select(s => (f.Name, s.Kind.Group, s.Kind.Plural)))
            .Distinct()
            .GroupBy(s => (s.Group, s.Plural))
            .OrderBy(k => k.Key.Group, StringComparer.Ordinal).ThenBy(k => k.Key.Plural, StringComparer.Ordinal)
            .Select(k => new RbacRule(k.Key.Group, [k.Key.Plural], ["list", "watch"], [.. k.Select(s => s.Name).Order(StringComparer.Ordinal)])),
    ];

    /// <summary>The version of a kind does not matter to RBAC.</summary>
    private static Dictionary<(string Group, string Resource), HashSet<string>> Merged(IHandler function) =>
        function.Access
            .GroupBy(a => (a.Kind.Group, Resource: a.Subresource is null ? a.Kind.Plural : $"{a.Kind.Plural}/{a.Subresource}"))
            .ToDictionary(g => g.Key, g => g.SelectMany(a => a.Verbs).ToHashSet(StringComparer.Ordinal));

    private static IEnumerable<string> Sorted(HashSet<string> verbs) =>
        verbs.All(v => VerbOrder.Contains(v, StringComparer.Ordinal))
            ? VerbOrder.Where(verbs.Contains)
            : throw new ArgumentException($"A rule asks for {string.Join(", ", verbs.Except(VerbOrder, StringComparer.Ordinal))}: name each verb that is needed, of {string.Join(", ", VerbOrder)}.", nameof(verbs));
}
