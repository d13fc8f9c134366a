using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AgentWarden.Tests.Deploy;

/// <summary>What one overlay installs: the one that README.md beside the component begins with, or one of its variants, by its heading.</summary>
internal sealed partial class Installation : IDisposable
{
    public const string Default = "";

    private static readonly string Readme = File.ReadAllText(Path.Combine(DeployFiles.RepositoryRoot, "deploy", "components", "scale-to-zero", "README.md"));

    public Installation(string heading)
    {
        Folder = Directory.CreateTempSubdirectory("warden-overlay-").FullName;
        foreach (var (file, yaml) in Blocks(heading))
        {
            // Not an absolute path: kustomize wants none.
            var here = Path.GetRelativePath(Folder, Path.Combine(DeployFiles.RepositoryRoot, "deploy"));
            File.WriteAllText(Path.Combine(Folder, file), Images().Replace(yaml, "").Replace("agent-warden/deploy", here, StringComparison.Ordinal));
        }

        Objects = Kustomize.Build(Folder);
    }

    public static IEnumerable<string> Headings => Heading().Matches(Readme).Select(m => m.Groups["text"].Value).Prepend(Default);

    /// <summary>Where the overlay lies.</summary>
    public string Folder { get; }

    public IReadOnlyList<JsonObject> Objects { get; }

    /// <summary>Deployments and StatefulSets, by name.</summary>
    public IReadOnlyDictionary<string, JsonObject> Workloads => Objects.Where(o => Kind(o) is "Deployment" or "StatefulSet").ToDictionary(Name, StringComparer.Ordinal);

    public IEnumerable<JsonObject> Of(string kind) => Objects.Where(o => Kind(o) == kind);

    public static string Kind(JsonObject o) => (string)o["kind"]!;

    public static string Name(JsonObject o) => (string)o["metadata"]!["name"]!;

    public static JsonObject Container(JsonObject workload) => Assert.Single(workload["spec"]!["template"]!["spec"]!["containers"]!.AsArray())!.AsObject();

    public static IEnumerable<JsonObject> List(JsonNode? list) => list?.AsArray().Select(i => i!.AsObject()) ?? [];

    public static string[] Arguments(JsonObject workload) => [.. Container(workload)["args"]?.AsArray().Select(a => (string)a!) ?? []];

    /// <summary>Ports of the container by their names.</summary>
    public static Dictionary<string, int> Ports(JsonObject workload) => List(Container(workload)["ports"]).ToDictionary(p => (string)p["name"]!, p => (int)p["containerPort"]!, StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static IEnumerable<(string File, string Yaml)> Blocks(string heading)
    {
        var start = heading.Length == 0 ? 0 : Readme.IndexOf($"\n## {heading}\n", StringComparison.Ordinal) + 1;
        var end = Readme.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        var blocks = Block().Matches(end < 0 ? Readme[start..] : Readme[start..end]);
        Assert.NotEmpty(blocks);
        return blocks.Select(b => (b.Groups["file"] is { Success: true, Value: var file } ? file : "kustomization.yaml", b.Groups["yaml"].Value));
    }

    [GeneratedRegex("^## (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex("^```yaml\n(# (?<file>[a-z-]+\\.yaml)\n)?(?<yaml>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();

    [GeneratedRegex("^images:.*", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Images();
}
