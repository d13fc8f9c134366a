using System.Reflection;
using System.Text.Json.Nodes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>The manifests under <c>deploy/</c> that the executable carries, so that it can install itself without a checkout.</summary>
internal static class Manifests
{
    private static readonly Assembly Carrier = typeof(Manifests).Assembly;

    /// <summary>What the API must know before anything of ours can be stored.</summary>
    public static IReadOnlyList<JsonObject> CustomResourceDefinitions() => [.. Folder("crds/").SelectMany(f => f.Objects)];

    /// <summary>The namespace of the installation, the ServiceAccount and its roles.</summary>
    public static IReadOnlyList<JsonObject> Access() => [.. One("base/namespace.yaml").Objects, .. One("base/rbac.yaml").Objects];

    /// <summary>Both webhook configurations, pointing to the Service in the cluster.</summary>
    public static IReadOnlyList<JsonObject> Webhooks() => One("base/webhooks.yaml").Objects;

    /// <summary>The files of one example, in the order in which the guide applies them.</summary>
    /// <param name="name">Folder under <c>deploy/examples</c>, for example <c>kagent</c>.</param>
    public static IReadOnlyList<ManifestFile> Example(string name) => Folder($"examples/{name}/");

    private static IReadOnlyList<ManifestFile> Folder(string prefix)
    {
        var files = Carrier.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && !n.AsSpan(prefix.Length).Contains('/'))
            .Order(StringComparer.Ordinal)
            .Select(One)
            .ToList();
        return files.Count > 0 ? files : throw new InstallException($"This executable carries nothing under deploy/{prefix}.");
    }

    private static ManifestFile One(string path)
    {
        using var stream = Carrier.GetManifestResourceStream(path) ?? throw new InstallException($"This executable does not carry deploy/{path}.");
        using var text = new StreamReader(stream);
        var yaml = text.ReadToEnd();
        return new ManifestFile(path, yaml, ManifestReader.Read(yaml, path));
    }
}

/// <summary>One file under <c>deploy/</c>: its text for people, its objects for the API server.</summary>
internal sealed record ManifestFile(string Path, string Text, IReadOnlyList<JsonObject> Objects);
