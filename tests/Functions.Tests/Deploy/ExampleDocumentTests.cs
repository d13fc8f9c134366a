using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>Every document under <c>deploy/examples</c> parses, names what it is, and is accepted by our schemas.</summary>
public sealed class ExampleDocumentTests
{
    private static readonly string Folder = Path.Combine(DeployFiles.RepositoryRoot, "deploy", "examples");

    private static readonly Dictionary<string, YamlMappingNode> Schemas = new(StringComparer.Ordinal)
    {
        ["LLMProvider"] = DeployFiles.Schema(DeployFiles.OurCrd("llmproviders")),
        ["LLMAccess"] = DeployFiles.Schema(DeployFiles.OurCrd("llmaccesses")),
    };

    public static TheoryData<string> Files =>
        new(Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Files))]
    public void Is_accepted(string file)
    {
        var documents = DeployFiles.Documents(Path.Combine(Folder, file));
        Assert.NotEmpty(documents);
        Assert.All(documents, document =>
        {
            Assert.NotNull(document.Text("apiVersion"));
            Assert.NotNull(document.Map("metadata")?.Text("name"));
            if (document.Text("apiVersion")!.StartsWith("llmwarden.io/", StringComparison.Ordinal))
            {
                Assert.Equal("llmwarden.io/v1alpha1", document.Text("apiVersion"));
                Assert.Empty(SchemaValidator.Errors(document, Schemas[document.Text("kind")!]));
            }
        });
    }

    [Theory, MemberData(nameof(Files))]
    public void Holds_no_real_key(string file) =>
        Assert.All(DeployFiles.Documents(Path.Combine(Folder, file)).Where(d => d.Text("kind") == "Secret"), secret =>
        {
            Assert.Null(secret.Child("data"));
            Assert.All(secret.Map("stringData")!.Entries(), e => Assert.Equal("replace-me", ((YamlScalarNode)e.Value).Value));
        });

    /// <summary>What an access asks for is there: its provider, its namespace, its models, and for injection a pod that it selects.</summary>
    [Theory]
    [InlineData("kagent", true)]
    [InlineData("multi-model", false)]
    [InlineData("volume", true)]
    public void Hangs_together(string example, bool hasWorkload)
    {
        var all = Directory.EnumerateFiles(Path.Combine(Folder, example), "*.yaml").SelectMany(DeployFiles.Documents).ToArray();
        YamlMappingNode Named(string kind, string? name) => Assert.Single(all, d => d.Text("kind") == kind && d.Map("metadata")!.Text("name") == name);
        var accesses = all.Where(d => d.Text("kind") == "LLMAccess").ToArray();
        Assert.NotEmpty(accesses);
        foreach (var access in accesses)
        {
            var spec = access.Map("spec")!;
            var provider = Named("LLMProvider", spec.Map("providerRef")!.Text("name")).Map("spec")!;
            var ns = Named("Namespace", access.Map("metadata")!.Text("namespace"));
            var master = provider.Map("auth")!.Map("apiKey")!.Map("secretRef")!;
            Assert.Equal(master.Text("namespace"), Named("Secret", master.Text("name")).Map("metadata")!.Text("namespace"));
            Assert.True(Selects(provider.Map("namespaceSelector")!, ns.Map("metadata")!));
            Assert.True(provider.Child("allowedModels") is null || spec.Texts("models").All(m => provider.Texts("allowedModels").Contains(m, StringComparer.Ordinal)));
            Assert.Equal(hasWorkload, all.Any(d => d.Text("kind") == "Deployment" && Selects(spec.Map("workloadSelector")!, d.Map("spec")!.Map("template")!.Map("metadata")!)));
        }
    }

    [Theory]
    [InlineData("spec: {providerRef: {name: a}, secretName: b, injection: {envs: []}}", ".spec.injection.envs: unknown field")]
    [InlineData("spec: {providerRef: {name: a}, injection: {}}", ".spec: secretName is required")]
    [InlineData("spec: {providerRef: {name: a}, secretName: b, injection: {env: [{name: C}]}}", ".spec.injection.env[0]: secretKey is required")]
    [InlineData("spec: {providerRef: {name: 1}, secretName: b, injection: {}}", ".spec.providerRef.name: is not of type string")]
    [InlineData("spec: {providerRef: {name: a}, secretName: b, models: [], injection: {}}", ".spec.models: fewer than 1")]
    [InlineData("spec: {providerRef: {name: a}, secretName: b, injection: {}, rotation: {interval: 7w}}", @".spec.rotation.interval: 7w does not match ^\d+[dhm]$")]
    public void A_fault_is_found(string document, string error) =>
        Assert.Equal([error], SchemaValidator.Errors(DeployFiles.Parse(document)[0], Schemas["LLMAccess"]));

    private static bool Selects(YamlMappingNode selector, YamlMappingNode metadata) =>
        selector.Map("matchLabels")!.Entries().All(l => metadata.Map("labels")?.Text(l.Key) == ((YamlScalarNode)l.Value).Value);
}
