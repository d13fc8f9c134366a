using System.Runtime.CompilerServices;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>The files under <c>deploy/</c> and, where they lie beside the repository, the third-party schemas. Found from this source file, so the tests run from any folder.</summary>
internal static class DeployFiles
{
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The folder of a project's newest schemas (the Go project's, unless another is named), or null when it is not there.</summary>
    public static string? ThirdPartySchemas(string project = "llmwarden")
    {
        var root = Path.Combine(RepositoryRoot, "..", "shared", "crds", project);
        return Directory.Exists(root) ? Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal).LastOrDefault() : null;
    }

    /// <summary>The CRD of a plural name, for example <c>llmaccesses</c>, from a folder of <c>group_plural.yaml</c> files.</summary>
    public static YamlMappingNode Crd(string folder, string plural) => Documents(Path.Combine(folder, $"llmwarden.io_{plural}.yaml")).Single();

    public static YamlMappingNode OurCrd(string plural) => Crd(Path.Combine(RepositoryRoot, "deploy", "crds"), plural);

    /// <summary>The schema of the one version of a CRD.</summary>
    public static YamlMappingNode Schema(YamlMappingNode crd) => Version(crd).Map("schema")!.Map("openAPIV3Schema")!;

    public static YamlMappingNode Version(YamlMappingNode crd) => crd.Map("spec")!.List("versions").Cast<YamlMappingNode>().Single();

    public static IReadOnlyList<YamlMappingNode> Documents(string path) => Parse(File.ReadAllText(path));

    public static IReadOnlyList<YamlMappingNode> Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>()];
    }

    public static YamlMappingNode? Map(this YamlMappingNode node, string key) => node.Child(key) as YamlMappingNode;

    public static IEnumerable<YamlNode> List(this YamlMappingNode node, string key) => node.Child(key) as YamlSequenceNode ?? Enumerable.Empty<YamlNode>();

    public static string? Text(this YamlMappingNode node, string key) => (node.Child(key) as YamlScalarNode)?.Value;

    public static IReadOnlyList<string> Texts(this YamlMappingNode node, string key) => [.. node.List(key).OfType<YamlScalarNode>().Select(s => s.Value!)];

    public static YamlNode? Child(this YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    public static IEnumerable<(string Key, YamlNode Value)> Entries(this YamlMappingNode node) => node.Children.Select(c => (((YamlScalarNode)c.Key).Value!, c.Value));

    /// <summary>The JSON type that an API server sees in a scalar: a quoted <c>"true"</c> is a string, a plain one a boolean.</summary>
    public static string JsonType(YamlScalarNode scalar)
    {
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
        {
            return "string";
        }

        var text = scalar.Value ?? "";
        return text switch
        {
            "" or "~" or "null" => "null",
            "true" or "false" => "boolean",
            _ when long.TryParse(text, out _) => "integer",
            _ when double.TryParse(text, out _) => "number",
            _ => "string",
        };
    }

    private static string FindRoot([CallerFilePath] string source = "")
    {
        for (var folder = new FileInfo(source).Directory; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Functions.sln above {source}: these tests read the repository's files.");
    }
}
