namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Names one object: what an event carries and what a Kubernetes Event is about.</summary>
internal sealed record ObjectReference(ResourceKind Kind, string? Namespace, string Name)
{
    /// <summary>UID, when known. A reference with another UID names another object of the same name.</summary>
    public string? Uid { get; init; }

    /// <summary>The version that was seen, when known: a cache that is older than this must not answer.</summary>
    public string? ResourceVersion { get; init; }

    public ObjectKey Key => new(Namespace, Name);

    public static ObjectReference To(ResourceKind kind, ObjectMeta metadata) =>
        new(kind, metadata.Namespace, metadata.Name) { Uid = metadata.Uid, ResourceVersion = metadata.ResourceVersion };

    public override string ToString() => $"{Kind.Kind} {Key}";
}

/// <summary>Namespace and name. A struct and not a joined string, because names may hold dots.</summary>
internal readonly record struct ObjectKey(string? Namespace, string Name)
{
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
