using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Kernel.Kubernetes;

public sealed class LabelSelectorTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal) { ["team"] = "ai", ["env"] = "prod", ["empty"] = "" };

    [Theory]
    [InlineData("""{}""", true, "")]
    [InlineData("""{"matchLabels":{}}""", true, "")]
    [InlineData("""{"matchLabels":{"team":"ai"}}""", true, "team=ai")]
    [InlineData("""{"matchLabels":{"team":"AI"}}""", false, "team=AI")]
    [InlineData("""{"matchLabels":{"Team":"ai"}}""", false, "Team=ai")]
    [InlineData("""{"matchLabels":{"team":"ai","env":"dev"}}""", false, "team=ai,env=dev")]
    [InlineData("""{"matchLabels":{"empty":""}}""", true, "empty=")]
    [InlineData("""{"matchLabels":{"absent":""}}""", false, "absent=")]
    [InlineData("""{"matchExpressions":[{"key":"env","operator":"In","values":["dev","prod"]}]}""", true, "env in (dev,prod)")]
    [InlineData("""{"matchExpressions":[{"key":"env","operator":"In","values":[]}]}""", false, "env in ()")]
    [InlineData("""{"matchExpressions":[{"key":"absent","operator":"In","values":["x"]}]}""", false, "absent in (x)")]
    [InlineData("""{"matchExpressions":[{"key":"env","operator":"NotIn","values":["dev"]}]}""", true, "env notin (dev)")]
    [InlineData("""{"matchExpressions":[{"key":"env","operator":"NotIn","values":["prod"]}]}""", false, "env notin (prod)")]
    [InlineData("""{"matchExpressions":[{"key":"absent","operator":"NotIn","values":["x"]}]}""", true, "absent notin (x)")]
    [InlineData("""{"matchExpressions":[{"key":"empty","operator":"Exists"}]}""", true, "empty")]
    [InlineData("""{"matchExpressions":[{"key":"absent","operator":"Exists"}]}""", false, "absent")]
    [InlineData("""{"matchExpressions":[{"key":"absent","operator":"DoesNotExist"}]}""", true, "!absent")]
    [InlineData("""{"matchExpressions":[{"key":"empty","operator":"DoesNotExist"}]}""", false, "!empty")]
    [InlineData("""{"matchExpressions":[{"key":"env","operator":"Gt","values":["1"]}]}""", false, "env Gt")]
    [InlineData("""{"matchLabels":{"team":"ai"},"matchExpressions":[{"key":"env","operator":"In","values":["dev"]}]}""", false, "team=ai,env in (dev)")]
    public void Matches_as_Kubernetes_does(string selector, bool matches, string text)
    {
        var parsed = JsonSerializer.Deserialize<LabelSelector>(selector, Json)!;
        Assert.Equal((matches, text), (parsed.Matches(Labels), parsed.ToString()));
        Assert.Equal(text.Length == 0, parsed.IsEmpty);
    }

    [Theory]
    [InlineData("""{}""", true)]
    [InlineData("""{"matchLabels":{"team":"ai"}}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"NotIn","values":["x"]},{"key":"a","operator":"DoesNotExist"}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"Exists"}]}""", false)]
    public void No_labels_at_all(string selector, bool matches) => Assert.Equal(matches, JsonSerializer.Deserialize<LabelSelector>(selector, Json)!.Matches(null));
}
