namespace AgentWarden.Kernel.Kubernetes;

/// <summary>One kind of object as the API server serves it: group and version, the plural in its URL, the kind in its body.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">Served version, for example <c>v1alpha1</c>.</param>
/// <param name="Plural">Lower-case plural, as in the URL.</param>
/// <param name="Kind">CamelCase kind, as in the object.</param>
/// <param name="Namespaced">False for cluster-scoped kinds.</param>
internal sealed record ResourceKind(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public string ApiVersion { get; } = Group.Length == 0 ? Version : $"{Group}/{Version}";

    private readonly string _root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";

    /// <summary>URL path of the collection, over all namespaces when <paramref name="ns"/> is null.</summary>
    public string CollectionPath(string? ns = null) =>
        Namespaced && ns is not null ? $"{_root}/namespaces/{ns}/{Plural}" : $"{_root}/{Plural}";

    /// <summary>URL path of one object, or of its subresource (<c>status</c>).</summary>
    public string ObjectPath(string? ns, string name, string? subresource = null)
    {
        if (Namespaced && string.IsNullOrEmpty(ns))
        {
            throw new ArgumentException($"{Kind} is namespaced: a namespace is needed.", nameof(ns));
        }

        var path = $"{CollectionPath(ns)}/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    public override string ToString() => $"{Kind}.{ApiVersion}";
}
