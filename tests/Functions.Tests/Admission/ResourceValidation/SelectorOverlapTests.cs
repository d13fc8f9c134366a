using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Admission.ResourceValidation;
using FsCheck;
using FsCheck.Fluent;

namespace AgentWarden.Tests.Admission.ResourceValidation;

public sealed class SelectorOverlapTests
{
    private static LabelSelector Of(string key, string op, params string[] values) => new() { MatchExpressions = [new() { Key = key, Operator = op, Values = values }] };

    private static LabelSelector Labels(string key, string value) => new() { MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { [key] = value } };

    public static TheoryData<string, object, object, bool> Pairs => new()
    {
        { "same key, different values", Labels("a", "1"), Labels("a", "2"), false },
        { "same key, same value", Labels("a", "1"), Labels("a", "1"), true },
        { "different keys", Labels("a", "1"), Labels("b", "1"), true },
        { "empty selects all", new LabelSelector(), Labels("a", "1"), true },
        { "In sets disjoint", Of("a", "In", "1", "2"), Of("a", "In", "3"), false },
        { "In sets share one", Of("a", "In", "1", "2"), Of("a", "In", "2", "3"), true },
        { "In within NotIn", Of("a", "In", "1"), Of("a", "NotIn", "1", "2"), false },
        { "In beyond NotIn", Of("a", "In", "1", "3"), Of("a", "NotIn", "1", "2"), true },
        { "Exists against DoesNotExist", Of("a", "Exists"), Of("a", "DoesNotExist"), false },
        { "In against DoesNotExist", Of("a", "In", "1"), Of("a", "DoesNotExist"), false },
        { "NotIn and DoesNotExist hold together", Of("a", "NotIn", "1"), Of("a", "DoesNotExist"), true },
        { "two NotIn leave other values", Of("a", "NotIn", "x"), Of("a", "NotIn", "xx", "xxx"), true },
        { "Exists and NotIn leave other values", Of("a", "Exists"), Of("a", "NotIn", "x"), true },
        { "an operator that is none selects nothing", Of("a", "Equals", "1"), Labels("a", "1"), false },
    };

    [Theory, MemberData(nameof(Pairs))]
    public void Proves_disjoint_only_what_is(string why, object first, object second, bool overlap)
    {
        Assert.True(overlap == SelectorOverlap.CanOverlap((LabelSelector)first, (LabelSelector)second), why);
        Assert.True(overlap == SelectorOverlap.CanOverlap((LabelSelector)second, (LabelSelector)first), $"{why}, turned round");
    }

    private static readonly string[] Keys = ["a", "b"], Values = ["1", "2"];

    private static readonly Gen<LabelSelector> Selectors =
        from count in Gen.Choose(0, 3)
        from expressions in (
            from key in Gen.Elements(Keys)
            from op in Gen.Elements("In", "NotIn", "Exists", "DoesNotExist")
            from values in Gen.SubListOf(Values)
            select new LabelRequirement { Key = key, Operator = op, Values = [.. values] }).ListOf(count)
        select new LabelSelector { MatchExpressions = [.. expressions] };

    /// <summary>Every label set that these selectors can tell apart: each key absent, with a named value, or with another.</summary>
    private static readonly Dictionary<string, string>[] Worlds =
        [.. from a in new[] { null, "1", "2", "else" } from b in new[] { null, "1", "2", "else" } select World(a, b)];

    private static Dictionary<string, string> World(string? a, string? b) =>
        new[] { ("a", a), ("b", b) }.Where(l => l.Item2 is not null).ToDictionary(l => l.Item1, l => l.Item2!, StringComparer.Ordinal);

    [Fact]
    public void Agrees_with_trying_every_label_set() =>
        Prop.ForAll(Gen.Two(Selectors).ToArbitrary(), pair =>
            SelectorOverlap.CanOverlap(pair.Item1, pair.Item2) == Worlds.Any(w => pair.Item1.Matches(w) && pair.Item2.Matches(w)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
}
