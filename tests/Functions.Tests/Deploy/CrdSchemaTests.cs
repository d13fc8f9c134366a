using System.Runtime.CompilerServices;
using Xunit.Abstractions;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>Our CRDs accept every document that the Go project's accept, and both old and new API servers accept our CRDs.</summary>
public sealed class CrdSchemaTests(ITestOutputHelper output)
{
    public static TheoryData<string> Plurals => ["llmproviders", "llmaccesses"];

    [Theory, MemberData(nameof(Plurals))]
    public void Accepts_what_the_Go_schema_accepts(string plural)
    {
        var ours = DeployFiles.OurCrd(plural);
        if (DeployFiles.ThirdPartySchemas() is not { } folder)
        {
            output.WriteLine($"The third-party schemas are not beside the repository: only the fields and types of {Path.GetFileName(FieldList())} are compared.");
            var have = SchemaComparison.Fields(DeployFiles.Schema(ours)).ToHashSet(StringComparer.Ordinal);
            Assert.All(ListedFields(plural), field => Assert.Contains(field, have));
            return;
        }

        output.WriteLine($"Compared with {Path.GetFileName(folder)}.");
        var theirs = DeployFiles.Crd(folder, plural);
        Assert.Empty(SchemaComparison.Narrowings(DeployFiles.Schema(ours), DeployFiles.Schema(theirs)));
        Assert.Equal(Identity(theirs), Identity(ours));
    }

    [Theory, MemberData(nameof(Plurals))]
    public void The_list_for_the_fallback_is_the_Go_schemas_own(string plural)
    {
        Assert.NotEmpty(ListedFields(plural));
        if (DeployFiles.ThirdPartySchemas() is not { } folder)
        {
            output.WriteLine("The third-party schemas are not beside the repository: the list is taken on trust.");
            return;
        }

        Assert.Equal(SchemaComparison.Fields(DeployFiles.Schema(DeployFiles.Crd(folder, plural))).Order(StringComparer.Ordinal), ListedFields(plural).Order(StringComparer.Ordinal));
    }

    /// <summary>The comparison itself is tried: whatever field is taken away, it says so.</summary>
    [Theory, MemberData(nameof(Plurals))]
    public void A_field_that_is_taken_away_is_noticed(string plural)
    {
        var whole = DeployFiles.Schema(DeployFiles.OurCrd(plural));
        var less = DeployFiles.Schema(DeployFiles.OurCrd(plural));
        Assert.Empty(SchemaComparison.Narrowings(less, whole));
        Without("", less);
        SchemaComparison.Walk("", less, Without);
        Assert.Empty(SchemaComparison.Narrowings(less, whole));

        void Without(string path, YamlMappingNode node)
        {
            var properties = node.Map("properties")?.Children;
            foreach (var (name, field) in properties?.ToArray() ?? [])
            {
                properties!.Remove(name);
                Assert.Equal([$"{path}.{name}: missing"], SchemaComparison.Narrowings(less, whole));
                properties.Add(name, field);
            }
        }
    }

    [Theory]
    [InlineData("type: string\nenum: [a]", "type: string\nenum: [a, b]")]
    [InlineData("type: string\nenum: [a]", "type: string")]
    [InlineData("type: string\npattern: ^a$", "type: string")]
    [InlineData("type: string\nminLength: 2", "type: string\nminLength: 1")]
    [InlineData("type: string\nmaxLength: 2", "type: string")]
    [InlineData("type: integer\nminimum: 1", "type: integer\nminimum: 0")]
    [InlineData("type: array\nmaxItems: 5", "type: array\nmaxItems: 6")]
    [InlineData("type: object\nrequired: [a]", "type: object")]
    [InlineData("type: integer", "type: string")]
    [InlineData("type: string\ndefault: a", "type: string")]
    [InlineData("type: object", "type: object\nadditionalProperties: {type: string}")]
    [InlineData("type: array\nitems: {type: integer}", "type: array\nitems: {type: string}")]
    public void A_limit_that_is_tightened_is_noticed(string ours, string theirs) =>
        Assert.NotEmpty(SchemaComparison.Narrowings(DeployFiles.Parse(ours)[0], DeployFiles.Parse(theirs)[0]));

    [Theory, MemberData(nameof(Plurals))]
    public void Is_structural_and_has_no_empty_default(string plural) =>
        SchemaComparison.Walk("", DeployFiles.Schema(DeployFiles.OurCrd(plural)), (path, node) =>
        {
            Assert.False(string.IsNullOrEmpty(node.Text("type")), $"{path} has no type");
            // Kubernetes 1.20 refuses a CRD with an empty default.
            Assert.True(node.Child("default") is null || node.Text("default") is { Length: > 0 }, $"{path} has an empty default");
        });

    [Theory, MemberData(nameof(Plurals))]
    public void Every_field_of_spec_and_status_is_described(string plural) =>
        SchemaComparison.Walk("", DeployFiles.Schema(DeployFiles.OurCrd(plural)), (path, node) =>
            Assert.True(path == ".metadata" || path.EndsWith(']') || path.EndsWith('}') || node.Text("description") is { Length: > 0 }, $"{path} has no description"));

    /// <summary>A rule on each item of an unbounded list is estimated at the list's greatest size, and the API server refuses the whole CRD.</summary>
    [Theory, MemberData(nameof(Plurals))]
    public void Rules_are_said_in_words_and_stand_under_no_list(string plural)
    {
        var rules = 0;
        SchemaComparison.Walk("", DeployFiles.Schema(DeployFiles.OurCrd(plural)), (path, node) =>
        {
            foreach (var rule in node.List("x-kubernetes-validations").Cast<YamlMappingNode>())
            {
                rules++;
                Assert.False(path.Contains("[]", StringComparison.Ordinal) || path.Contains("{}", StringComparison.Ordinal), $"{path} has a rule under a list or map");
                Assert.NotEmpty(rule.Text("rule")!);
                Assert.Contains(path[1..], rule.Text("message"), StringComparison.Ordinal);
            }
        });
        Assert.NotEqual(0, rules);
    }

    [Theory, MemberData(nameof(Plurals))]
    public void Conditions_merge_by_type_and_status_is_a_subresource(string plural)
    {
        var crd = DeployFiles.OurCrd(plural);
        var status = DeployFiles.Schema(crd).Map("properties")!.Map("status")!.Map("properties")!;
        Assert.Equal("map", status.Map("conditions")!.Text("x-kubernetes-list-type"));
        Assert.Equal(["type"], status.Map("conditions")!.Texts("x-kubernetes-list-map-keys"));
        Assert.Equal("int64", status.Map("observedGeneration")!.Text("format"));
        Assert.NotNull(DeployFiles.Version(crd).Map("subresources")!.Map("status"));
    }

    /// <summary>kubectl prints a date that lies ahead as &lt;invalid&gt;.</summary>
    [Fact]
    public void The_next_rotation_is_shown_as_text() =>
        Assert.Equal("string", DeployFiles.Version(DeployFiles.OurCrd("llmaccesses")).List("additionalPrinterColumns").Cast<YamlMappingNode>().Single(c => c.Text("jsonPath") == ".status.nextRotation").Text("type"));

    /// <summary>What a client addresses: it must be the same, or clients of the one do not find the other.</summary>
    private static string Identity(YamlMappingNode crd)
    {
        var names = crd.Map("spec")!.Map("names")!;
        var version = DeployFiles.Version(crd);
        return string.Join(' ', crd.Map("metadata")!.Text("name"), crd.Map("spec")!.Text("group"), crd.Map("spec")!.Text("scope"), version.Text("name"), version.Text("served"), version.Text("storage"),
            names.Text("kind"), names.Text("listKind"), names.Text("plural"), names.Text("singular"), string.Join(',', names.Texts("shortNames")));
    }

    private static string FieldList([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "llmwarden-fields.txt");

    private static IReadOnlyList<string> ListedFields(string plural) =>
        [.. File.ReadLines(FieldList()).Where(l => l.StartsWith(plural, StringComparison.Ordinal)).Select(l => l[plural.Length..])];
}
