namespace AgentWarden.Kernel.Kubernetes;

/// <summary>The part of <c>metadata</c> that the functions read. Unknown fields (managedFields above all) are not kept.</summary>
internal sealed record ObjectMeta
{
    public string Name { get; init; } = "";
    public string? Namespace { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public long Generation { get; init; }
    public DateTimeOffset? CreationTimestamp { get; init; }
    public DateTimeOffset? DeletionTimestamp { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    public IReadOnlyList<OwnerReference>? OwnerReferences { get; init; }

    /// <summary>The label's value, or null.</summary>
    public string? Label(string key) => Labels is not null && Labels.TryGetValue(key, out var value) ? value : null;

    /// <summary>The annotation's value, or null.</summary>
    public string? Annotation(string key) => Annotations is not null && Annotations.TryGetValue(key, out var value) ? value : null;

    /// <summary>The owner that is marked <c>controller: true</c>, or null.</summary>
    public OwnerReference? Controller() => OwnerReferences?.FirstOrDefault(o => o.Controller == true);
}

/// <summary><c>metadata.ownerReferences[]</c>.</summary>
internal sealed record OwnerReference
{
    public string ApiVersion { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Name { get; init; } = "";
    public string Uid { get; init; } = "";
    public bool? Controller { get; init; }
}

/// <summary>Anything that has Kubernetes metadata.</summary>
internal interface IKubernetesObject
{
    ObjectMeta Metadata { get; }
}

/// <summary>
/// An object of which only the metadata was asked for (<c>PartialObjectMetadata</c>): Secrets and ConfigMaps are only ever watched like
/// this.
/// </summary>
internal sealed record MetadataOnly : IKubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();
}
