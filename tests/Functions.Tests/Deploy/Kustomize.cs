using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AgentWarden.Platform.Composition.Installing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>
/// As much of kustomize as our manifests use, so that what they make together is tested where there is no kubectl: resources, components,
/// JSON patches (RFC 6902: add, remove, replace, test), and the patch that deletes an object. Anything else is an error.
/// </summary>
internal static class Kustomize
{
    private static readonly string[] Fields = ["apiVersion", "kind", "resources", "components", "patches"];

    public static IReadOnlyList<JsonObject> Build(string folder)
    {
        var built = new List<JsonObject>();
        Accumulate(folder, built);
        return built;
    }

    public static IReadOnlyList<JsonObject> Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        // Written and read again: then a number is any type of number that it fits into.
        return [.. stream.Documents.Select(d => Json(d.RootNode)).OfType<JsonObject>().Select(o => JsonNode.Parse(o.ToJsonString())!.AsObject())];
    }

    private static void Accumulate(string folder, List<JsonObject> objects)
    {
        var file = new[] { "kustomization.yaml", "Kustomization" }.Select(n => Path.Combine(folder, n)).First(File.Exists);
        var kustomization = Parse(File.ReadAllText(file)).Single();
        Assert.All(kustomization, f => Assert.Contains(f.Key, Fields));
        foreach (var resource in Texts(kustomization["resources"]).Select(r => Path.Combine(folder, r)))
        {
            objects.AddRange(Directory.Exists(resource) ? Build(resource) : Parse(File.ReadAllText(resource)));
        }

        // A component patches what is there before it; a resource only itself.
        foreach (var component in Texts(kustomization["components"]))
        {
            Accumulate(Path.Combine(folder, component), objects);
        }

        foreach (var patch in kustomization["patches"]?.AsArray() ?? [])
        {
            Apply(patch!.AsObject(), objects);
        }
    }

    private static void Apply(JsonObject patch, List<JsonObject> objects)
    {
        var text = (string)patch["patch"]!;
        if (text.TrimStart().StartsWith('-'))
        {
            var operations = Parse($"operations:\n{text}").Single()["operations"]!.AsArray();
            var targets = objects.Where(o => IsMeant(patch["target"]!.AsObject(), o)).ToList();
            Assert.True(targets.Count > 0, $"There is nothing to patch: {patch["target"]!.ToJsonString()}");
            targets.ForEach(t => JsonPatch.Apply(t, operations));
            return;
        }

        var merge = Parse(text).Single();
        Assert.Equal("delete", (string?)merge["$patch"]);
        Assert.Equal(1, objects.RemoveAll(o => JsonNode.DeepEquals(o["kind"], merge["kind"]) && JsonNode.DeepEquals(o["metadata"]!["name"], merge["metadata"]!["name"])));
    }

    /// <summary>Expressions are anchored, as in kustomize.</summary>
    private static bool IsMeant(JsonObject target, JsonObject candidate) => target.All(t => t.Key switch
    {
        "group" => Matches(t.Value, ((string)candidate["apiVersion"]!).Split('/') is [var group, _] ? group : ""),
        "kind" => Matches(t.Value, (string)candidate["kind"]!),
        "name" => Matches(t.Value, (string)candidate["metadata"]!["name"]!),
        "labelSelector" => ((string)t.Value!).Split('=') is [var key, var value] && (string?)candidate["metadata"]!["labels"]?[key] == value,
        _ => throw new NotSupportedException($"A target by {t.Key}."),
    });

    private static bool Matches(JsonNode? expression, string text) => Regex.IsMatch(text, $"^(?:{(string)expression!})$", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static IEnumerable<string> Texts(JsonNode? list) => list?.AsArray().Select(t => (string)t!) ?? [];

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Entries().Select(e => KeyValuePair.Create(e.Key, Json(e.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        // kubectl reads YAML 1.1, where file modes are written like this.
        YamlScalarNode { Style: ScalarStyle.Plain, Value: ['0', _, ..] mode } when mode.All(c => c is >= '0' and <= '7') => Convert.ToInt64(mode, 8),
        _ => YamlScalars.ToJson((YamlScalarNode)node),
    };
}
