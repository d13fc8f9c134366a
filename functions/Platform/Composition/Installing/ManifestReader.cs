using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Manifests as people write them (YAML, several documents in a file) → the JSON objects that the API server takes. Pure.</summary>
internal static class ManifestReader
{
    /// <param name="yaml">The text; documents that hold nothing but comments are left out.</param>
    /// <param name="source">What to name in errors.</param>
    /// <exception cref="InstallException">It is no YAML, or no Kubernetes object; says where.</exception>
    public static IReadOnlyList<JsonObject> Read(string yaml, string source)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException e)
        {
            throw new InstallException($"{source}, line {e.Start.Line}: this is not YAML ({e.Message}).", e);
        }

        return [.. stream.Documents.Select(d => d.RootNode).Where(n => n is not YamlScalarNode { Value: null or "" }).Select(n => Document(n, source))];
    }

    private static JsonObject Document(YamlNode root, string source)
    {
        var document = Convert(root, source) as JsonObject ?? throw Wrong(root, source, "a manifest is a mapping that starts with apiVersion and kind");
        foreach (var (field, value) in new[] { ("apiVersion", document["apiVersion"]), ("kind", document["kind"]), ("metadata.name", (document["metadata"] as JsonObject)?["name"]) })
        {
            if (value is not JsonValue text || !text.TryGetValue<string>(out var given) || given.Length == 0)
            {
                throw Wrong(root, source, $"{field} is missing or not text");
            }
        }

        return document;
    }

    private static JsonNode? Convert(YamlNode node, string source) => node switch
    {
        YamlMappingNode mapping => Mapping(mapping, source),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(c => Convert(c, source))]),
        YamlScalarNode scalar => Scalar(scalar, source),
        _ => throw Wrong(node, source, $"a {node.NodeType} has no place in a manifest"),
    };

    private static JsonObject Mapping(YamlMappingNode mapping, string source)
    {
        var result = new JsonObject();
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { } name })
            {
                throw Wrong(key, source, "a key must be text");
            }

            if (name == "<<")
            {
                throw Wrong(key, source, "merge keys (<<) are not part of YAML 1.2; write the fields out");
            }

            result.Add(name, Convert(value, source));
        }

        return result;
    }

    private static JsonNode? Scalar(YamlScalarNode scalar, string source)
    {
        try
        {
            return YamlScalars.ToJson(scalar);
        }
        catch (FormatException e)
        {
            throw Wrong(scalar, source, e.Message, e);
        }
    }

    private static InstallException Wrong(YamlNode node, string source, string what, Exception? inner = null) => new($"{source}, line {node.Start.Line}: {what}.", inner);
}
