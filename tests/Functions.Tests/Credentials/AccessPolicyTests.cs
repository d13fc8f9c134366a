using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Credentials;

public sealed class AccessPolicyTests
{
    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal) { ["team"] = "ai" };

    [Theory]
    [InlineData(null, "a", null)]
    [InlineData("", "a", null)]
    [InlineData("a,b", null, null)]
    [InlineData("a,b", "", null)]
    [InlineData("a,b", "b", null)]
    [InlineData("a,b", "b,c,d,c", "c, d")]
    [InlineData("a,b", "A", "A")]
    public void Models_are_a_subset(string? allowed, string? asked, string? refused)
    {
        var finding = AccessPolicy.CheckModels(new() { Spec = new() { AllowedModels = Split(allowed) } }, Split(asked));
        Assert.Equal(refused is null ? null : AccessPolicy.ModelsNotAllowed, finding?.Reason);
        Assert.StartsWith(refused is null ? "" : $"spec.models: {refused} not allowed", finding?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Namespaces_are_selected()
    {
        Assert.Null(AccessPolicy.CheckNamespace(new(), "n", null));
        Assert.Null(AccessPolicy.CheckNamespace(With(new()), "n", null));
        Assert.Null(AccessPolicy.CheckNamespace(With(new() { MatchLabels = Labels }), "n", Labels));
        Assert.Equal(AccessPolicy.NamespaceNotAllowed, AccessPolicy.CheckNamespace(With(new() { MatchLabels = Labels }), "n", null)?.Reason);
        Assert.Contains("asks for team=ai", AccessPolicy.CheckNamespace(With(new() { MatchLabels = Labels }), "n", null)!.Message, StringComparison.Ordinal);
    }

    private static LLMProvider With(LabelSelector selector) => new() { Spec = new() { NamespaceSelector = selector } };

    private static string[]? Split(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
