using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>
/// Whether two label selectors can select one and the same object. Keys are independent of each other, so it is enough to look at each key:
/// if the demands on any one contradict each other no object fulfils both selectors, else one with suitable labels does.
/// </summary>
internal static class SelectorOverlap
{
    public static bool CanOverlap(LabelSelector first, LabelSelector second) =>
        Demands(first).Concat(Demands(second)).GroupBy(d => d.Key, StringComparer.Ordinal).All(CanHold);

    private static IEnumerable<LabelRequirement> Demands(LabelSelector selector) =>
        (selector.MatchLabels ?? new Dictionary<string, string>(StringComparer.Ordinal))
            .Select(l => new LabelRequirement { Key = l.Key, Operator = "In", Values = [l.Value] })
            .Concat(selector.MatchExpressions ?? []);

    /// <summary>Is there a value, or an absence, of this one label that every demand accepts?</summary>
    private static bool CanHold(IEnumerable<LabelRequirement> demands)
    {
        var all = demands.ToArray();
        var named = all.Where(d => d.Operator == "In").Select(d => d.Values ?? []).ToArray();
        return named.Length > 0
            ? named[0].Any(value => Accept(all, value))
            // No demand names values. A value that nobody mentions stands for all the others.
            : Accept(all, value: null) || Accept(all, Unmentioned(all));
    }

    private static bool Accept(LabelRequirement[] demands, string? value) => Array.TrueForAll(demands, d =>
        d.Matches(value is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [d.Key] = value }));

    private static string Unmentioned(LabelRequirement[] demands) =>
        string.Concat(demands.SelectMany(d => d.Values ?? []).Append("x"));
}
