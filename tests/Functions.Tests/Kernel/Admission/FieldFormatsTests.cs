using AgentWarden.Kernel.Admission;

namespace AgentWarden.Tests.Kernel.Admission;

public sealed class FieldFormatsTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("a-b.c1", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("a..b", false)]
    [InlineData("a.", false)]
    [InlineData("A", false)]
    [InlineData("a_b", false)]
    [InlineData("a\n", false)]
    public void Dns_subdomains(string text, bool valid) => Assert.Equal(valid, FieldFormats.IsDnsSubdomain(text));

    [Theory]
    [InlineData("app", true)]
    [InlineData("kagent.dev/agent", true)]
    [InlineData("A_b.C-9", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a/b/c", false)]
    [InlineData("Bad.Prefix/a", false)]
    [InlineData("-a", false)]
    [InlineData("a.", false)]
    public void Label_keys(string text, bool valid) => Assert.Equal(valid, FieldFormats.IsLabelKey(text));

    [Fact]
    public void Lengths()
    {
        Assert.True(FieldFormats.IsDnsSubdomain(new string('a', 253)));
        Assert.False(FieldFormats.IsDnsSubdomain(new string('a', 254)));
        Assert.True(FieldFormats.IsLabelValue(new string('a', 63)));
        Assert.False(FieldFormats.IsLabelValue(new string('a', 64)));
        Assert.True(FieldFormats.IsLabelValue(""));
    }

    [Theory]
    [InlineData("ANTHROPIC_API_KEY", true)]
    [InlineData("a.b-c", true)]
    [InlineData(".a", true)]
    [InlineData("", false)]
    [InlineData("1A", false)]
    [InlineData("A B", false)]
    [InlineData("A=B", false)]
    [InlineData("..A", false)]
    [InlineData(".", false)]
    public void Variable_names(string text, bool valid) => Assert.Equal(valid, FieldFormats.IsVariableName(text));
}
