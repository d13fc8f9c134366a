namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>One or more kubeconfig files, merged as kubectl merges them: of two entries of one name the first wins.</summary>
internal sealed record KubeConfig(
    IReadOnlyList<string> Files,
    string? CurrentContext,
    IReadOnlyDictionary<string, KubeConfigEntry> Clusters,
    IReadOnlyDictionary<string, KubeConfigEntry> Users,
    IReadOnlyDictionary<string, KubeConfigEntry> Contexts)
{
    /// <summary>All files, for messages.</summary>
    public string Source => string.Join(Path.PathSeparator, Files);

    public KubeConfigEntry Context(string? name)
    {
        var wanted = name ?? CurrentContext;
        if (string.IsNullOrEmpty(wanted))
        {
            throw new KubeConfigException(
                Source, "current-context", "no context is chosen.",
                $"Run 'kubectl config use-context NAME' or name one of: {Names(Contexts)}.");
        }

        return Contexts.TryGetValue(wanted, out var context)
            ? context
            : throw new KubeConfigException(
                Source, name is null ? "current-context" : "contexts", $"there is no context \"{wanted}\".",
                $"Use one of: {Names(Contexts)}.");
    }

    public KubeConfigEntry Cluster(KubeConfigEntry context) => Referenced(context, "cluster", Clusters);

    /// <summary>Null when the context names no user: then the cluster is talked to anonymously.</summary>
    public KubeConfigEntry? User(KubeConfigEntry context) =>
        context.Text("user") is null ? null : Referenced(context, "user", Users);

    private KubeConfigEntry Referenced(KubeConfigEntry context, string field, IReadOnlyDictionary<string, KubeConfigEntry> entries)
    {
        var name = context.Required(field, $"Name one of: {Names(entries)}.");
        return entries.TryGetValue(name, out var entry)
            ? entry
            : throw new KubeConfigException(
                context.File, context.Field(field), $"there is no {field} \"{name}\" in {Source}.", $"Use one of: {Names(entries)}.");
    }

    private static string Names(IReadOnlyDictionary<string, KubeConfigEntry> entries) =>
        entries.Count == 0 ? "(none)" : string.Join(", ", entries.Keys.Order(StringComparer.Ordinal));
}
