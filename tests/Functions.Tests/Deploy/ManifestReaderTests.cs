using System.Text.Json.Nodes;
using AgentWarden.Platform.Composition.Installing;

namespace AgentWarden.Tests.Deploy;

/// <summary>What is applied is what the author of the YAML meant, in the types that the API server expects.</summary>
public sealed class ManifestReaderTests
{
    private const string Head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    [Theory]
    [InlineData("12", "12")]
    [InlineData("+12", "12")]
    [InlineData("-1", "-1")]
    [InlineData("007", "7")]
    [InlineData("0o17", "15")]
    [InlineData("0xff", "255")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("true", "true")]
    [InlineData("False", "false")]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("on", "\"on\"")]
    [InlineData("off", "\"off\"")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("y", "\"y\"")]
    [InlineData("tRUE", "\"tRUE\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("'12'", "\"12\"")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("30d", "\"30d\"")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("10:30", "\"10:30\"")]
    [InlineData("2026-11-21", "\"2026-11-21\"")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("|\n  12\n  true\n", "\"12\\ntrue\\n\"")]
    [InlineData(">-\n  a\n  b\n", "\"a b\"")]
    [InlineData("{}", "{}")]
    [InlineData("[1, \"1\", yes]", "[1,\"1\",\"yes\"]")]
    public void A_scalar_has_the_type_of_YAML_1_2(string yaml, string json)
    {
        var value = Assert.Single(ManifestReader.Read($"{Head}value: {yaml}\n", "test"))["value"];
        Assert.Equal(json, value?.ToJsonString() ?? "null");
    }

    [Fact]
    public void An_anchor_is_what_it_stands_for_each_time()
    {
        var read = Assert.Single(ManifestReader.Read($"{Head}one: &x {{a: [1]}}\ntwo: *x\n", "test"));
        Assert.True(JsonNode.DeepEquals(read["one"], read["two"]));
    }

    [Fact]
    public void Documents_of_comments_only_are_left_out() =>
        Assert.Equal(2, ManifestReader.Read($"# nothing\n---\n{Head}---\n# nothing\n---\n{Head}---\n", "test").Count);

    [Theory]
    [InlineData("a: [", "line")]
    [InlineData("- a\n", "line 1: a manifest is a mapping")]
    [InlineData("just text\n", "a manifest is a mapping")]
    [InlineData("kind: A\nmetadata: {name: a}\n", "apiVersion is missing")]
    [InlineData("apiVersion: v1\nkind: 3\nmetadata: {name: a}\n", "kind is missing or not text")]
    [InlineData("apiVersion: v1\nkind: A\nmetadata: {name: 12}\n", "metadata.name is missing or not text")]
    [InlineData("apiVersion: v1\nkind: A\nmetadata: a\n", "metadata.name is missing")]
    [InlineData(Head + "value: .inf\n", "line 4: '.inf' is a number")]
    [InlineData(Head + "value: 99999999999999999999\n", "line 4: '99999999999999999999' is a number")]
    [InlineData(Head + "value: 1e999\n", "line 4: '1e999' is a number")]
    [InlineData(Head + "<<: {a: 1}\n", "line 4: merge keys")]
    [InlineData(Head + "? [a]\n: b\n", "line 4: a key must be text")]
    [InlineData(Head + "value: 1\nvalue: 2\n", "test, line")]
    public void A_mistake_is_told_with_its_place(string yaml, string message)
    {
        var refused = Assert.Throws<InstallException>(() => ManifestReader.Read(yaml, "test"));
        Assert.StartsWith("test, line", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }
}
