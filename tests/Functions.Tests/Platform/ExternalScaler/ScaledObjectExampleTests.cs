using System.Text.RegularExpressions;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Tests.Deploy;
using AgentWarden.Tests.Docs;
using Xunit.Abstractions;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>The README's example is one that KEDA takes, and that this scaler takes.</summary>
public sealed partial class ScaledObjectExampleTests(ITestOutputHelper output)
{
    private static readonly YamlMappingNode[] Documents = [.. YamlBlock().Matches(Markdown.Read("functions", "Platform", "ExternalScaler", "README.md")).SelectMany(m => DeployFiles.Parse(m.Groups["yaml"].Value))];

    [Theory]
    [InlineData("ScaledObject", "scaledobjects")]
    [InlineData("TriggerAuthentication", "triggerauthentications")]
    public void KEDAs_schema_accepts_it(string kind, string plural)
    {
        var document = Named(kind);
        if (DeployFiles.ThirdPartySchemas("keda") is not { } folder)
        {
            output.WriteLine("KEDA's schemas are not beside the repository: only the kind and its version are looked at.");
            Assert.Equal("keda.sh/v1alpha1", document.Text("apiVersion"));
            return;
        }

        output.WriteLine($"Checked with KEDA {Path.GetFileName(folder)}.");
        var crd = DeployFiles.Documents(Path.Combine(folder, $"keda.sh_{plural}.yaml")).Single();
        Assert.Equal($"keda.sh/{DeployFiles.Version(crd).Text("name")}", document.Text("apiVersion"));
        Assert.Empty(SchemaValidator.Errors(document, DeployFiles.Schema(crd)));
    }

    [Fact]
    public async Task The_scaler_takes_its_metadata_and_all_values_are_strings()
    {
        var metadata = Trigger().Map("metadata")!.Entries().ToDictionary(e => e.Key, e => (YamlScalarNode)e.Value, StringComparer.Ordinal);
        Assert.All(metadata.Values, v => Assert.Equal("string", DeployFiles.JsonType(v)));
        var functions = AllFunctions.Compose().OfType<IEventHandler>().Select(f => f.Name).ToArray();
        var reading = ScalerDecision.Read(metadata.ToDictionary(m => m.Key, m => m.Value.Value!, StringComparer.Ordinal), functions);
        Assert.Null(reading.Problem);
        Assert.False(reading.Settings!.AllFunctions);
    }

    [Fact]
    public void It_hangs_together()
    {
        var authentication = Named("TriggerAuthentication");
        Assert.Equal(authentication.Map("metadata")!.Text("name"), Trigger().Map("authenticationRef")!.Text("name"));
        Assert.Equal(authentication.Map("metadata")!.Text("namespace"), Named("ScaledObject").Map("metadata")!.Text("namespace"));
        Assert.Equal(["caCert", "tlsClientCert", "tlsClientKey"], authentication.Map("spec")!.List("secretTargetRef").Cast<YamlMappingNode>().Select(s => s.Text("parameter")));
    }

    private static YamlMappingNode Named(string kind) => Assert.Single(Documents, d => d.Text("kind") == kind);

    private static YamlMappingNode Trigger() => Assert.Single(Named("ScaledObject").Map("spec")!.List("triggers").Cast<YamlMappingNode>());

    [GeneratedRegex("^```yaml\n(?<yaml>.*?)^```", RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex YamlBlock();
}
