using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>One named cluster, user or context, with the file it is from: relative paths in it are relative to that file.</summary>
internal sealed class KubeConfigEntry(string file, string path, YamlMappingNode node)
{
    public string File { get; } = file;

    /// <summary>The field as messages name it: <c>users[dev].user.token</c>.</summary>
    public string Field(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>The same entry under the name that people know it by.</summary>
    public KubeConfigEntry Named(string newPath) => new(File, newPath, node);

    /// <summary>A scalar; null when it is absent, null or empty.</summary>
    public string? Text(string name) => Node(name) switch
    {
        null => null,
        YamlScalarNode { Value: null or "" or "~" or "null" } => null,
        YamlScalarNode scalar => scalar.Value,
        _ => throw Wrong(name, "this should be text."),
    };

    public string Required(string name, string fix) =>
        Text(name) ?? throw new KubeConfigException(File, Field(name), "it is missing.", fix);

    /// <summary>The names of all fields, in the file's order.</summary>
    public IEnumerable<string> Names => node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    public bool Flag(string name)
    {
        var text = Text(name);
        return text is not null && (bool.TryParse(text, out var flag) ? flag : throw Wrong(name, "this should be true or false."));
    }

    public KubeConfigEntry? Child(string name) => Node(name) switch
    {
        null or YamlScalarNode => null,
        YamlMappingNode mapping => new KubeConfigEntry(File, Field(name), mapping),
        _ => throw Wrong(name, "this should be a mapping."),
    };

    public IEnumerable<string> Texts(string name) =>
        Node(name) is YamlSequenceNode sequence ? sequence.Children.OfType<YamlScalarNode>().Select(s => s.Value ?? "") : [];

    public IEnumerable<KubeConfigEntry> Children(string name) =>
        Node(name) is YamlSequenceNode sequence
            ? sequence.Children.OfType<YamlMappingNode>()
                .Select((m, i) => new KubeConfigEntry(File, string.Create(CultureInfo.InvariantCulture, $"{Field(name)}[{i}]"), m))
            : [];

    /// <summary>A path field, made absolute.</summary>
    public string? FullPath(string name) => Text(name) is { } value ? Beside(value) : null;

    /// <summary>A path as this file means it.</summary>
    public string Beside(string relative) => Path.GetFullPath(relative, Path.GetDirectoryName(Path.GetFullPath(File))!);

    /// <summary>
    /// The PEM of <c>name-data</c> (base64 in the file) or of the file that <c>name</c> points to; the data wins, as in kubectl.
    /// </summary>
    public string? Pem(string name)
    {
        var data = $"{name}-data";
        if (Text(data) is { } base64)
        {
            return Certificates.Decode(base64, File, Field(data));
        }

        var pemFile = FullPath(name);
        try
        {
            return pemFile is null ? null : System.IO.File.ReadAllText(pemFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException(
                File, Field(name), $"the file {pemFile} cannot be read ({e.GetType().Name}).",
                "Correct the path or the file's permissions.", e);
        }
    }

    private YamlNode? Node(string name) => node.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value : null;

    private KubeConfigException Wrong(string name, string problem) => new(File, Field(name), problem, "Correct the field.");
}
