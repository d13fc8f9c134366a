using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>Finds and reads kubeconfig files.</summary>
internal static class KubeConfigFiles
{
    public const string Variable = "KUBECONFIG";

    /// <summary>
    /// The files that kubectl would read: the given one, else the list in <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>.
    /// </summary>
    public static IReadOnlyList<string> Locate(string? path, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(path))
        {
            return [path];
        }

        var listed = environment(Variable)?
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (listed is { Length: > 0 })
        {
            return listed;
        }

        var home = environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return [Path.Combine(home, ".kube", "config")];
    }

    /// <summary>Reads and merges. A file of a list may be absent, but not all of them.</summary>
    public static KubeConfig Read(IReadOnlyList<string> files)
    {
        string? current = null;
        var clusters = new Dictionary<string, KubeConfigEntry>(StringComparer.Ordinal);
        var users = new Dictionary<string, KubeConfigEntry>(StringComparer.Ordinal);
        var contexts = new Dictionary<string, KubeConfigEntry>(StringComparer.Ordinal);
        var found = files.Where(File.Exists).ToArray();
        if (found.Length == 0)
        {
            throw new KubeConfigException(
                string.Join(Path.PathSeparator, files), field: null, "there is no such kubeconfig file.",
                $"Give its path, set {Variable}, or run inside a cluster.");
        }

        foreach (var file in found)
        {
            if (Parse(file) is not { } root)
            {
                continue;
            }

            current ??= root.Text("current-context");
            Collect(root, "clusters", "cluster", clusters);
            Collect(root, "users", "user", users);
            Collect(root, "contexts", "context", contexts);
        }

        return new KubeConfig(found, current, clusters, users, contexts);
    }

    private static void Collect(KubeConfigEntry root, string list, string body, Dictionary<string, KubeConfigEntry> into)
    {
        foreach (var item in root.Children(list))
        {
            var name = item.Required("name", "Give the entry a name.");
            into.TryAdd(name, item.Child(body)?.Named($"{list}[{name}].{body}") ?? item.Named($"{list}[{name}]"));
        }
    }

    /// <summary>Null when the file is empty.</summary>
    private static KubeConfigEntry? Parse(string file)
    {
        var yaml = new YamlStream();
        try
        {
            using var text = new StreamReader(file);
            yaml.Load(text);
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException)
        {
            // YamlDotNet lets an InvalidOperationException out when the file ends in the middle.
            throw new KubeConfigException(
                file, e is YamlException at ? $"line {at.Start.Line}" : "last line", "this is not YAML.",
                "Correct the file ('kubectl config view' shows how it is read).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException(file, field: null, $"the file cannot be read ({e.GetType().Name}).", "Check its permissions.", e);
        }

        return yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode switch
        {
            YamlMappingNode mapping => new KubeConfigEntry(file, "", mapping),
            _ => throw new KubeConfigException(
                file, field: null, "this is not a kubeconfig.", "It should start with 'apiVersion: v1' and 'kind: Config'."),
        };
    }
}
