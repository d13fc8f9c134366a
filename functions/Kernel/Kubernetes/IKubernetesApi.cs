using System.Text.Json.Serialization.Metadata;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Reads one API server. Every failure but "not found" is a <see cref="KubernetesException"/>.</summary>
internal interface IKubernetesReader
{
    /// <summary>
    /// GET of one object; null when it does not exist. As <see cref="MetadataOnly"/> the server sends nothing but the metadata.
    /// </summary>
    Task<T?> GetAsync<T>(
        ResourceKind kind, string? ns, string name, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class;

    /// <summary>
    /// All objects of a kind, page by page (<c>limit</c>/<c>continue</c>), over all namespaces when <paramref name="ns"/> is null.
    /// </summary>
    IAsyncEnumerable<T> ListAsync<T>(
        ResourceKind kind, string? ns, ListOptions options, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class;
}

/// <summary>
/// Changes one API server. Only the plan applier, the event recorder, the lease and the installer hold one.
/// The metadata that a write answers is who and which version: labels, annotations and owners are not read from it.
/// </summary>
internal interface IKubernetesWriter
{
    /// <summary>Server-side apply (<c>PATCH</c>, <c>application/apply-patch+yaml</c>, force) of the object or its subresource.</summary>
    Task<ObjectMeta> ApplyAsync(
        ResourceKind kind, string? ns, string name, string? subresource, string fieldManager, ReadOnlyMemory<byte> body,
        CancellationToken cancellation);

    /// <summary><c>POST</c>: fails with <see cref="KubernetesException.IsAlreadyExists"/> rather than touch what is there.</summary>
    Task<ObjectMeta> CreateAsync(
        ResourceKind kind, string? ns, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation);

    /// <summary><c>PUT</c>: replaces the object; the body's resourceVersion guards it.</summary>
    Task<ObjectMeta> ReplaceAsync(
        ResourceKind kind, string? ns, string name, string? subresource, ReadOnlyMemory<byte> body, CancellationToken cancellation);

    /// <summary><c>PATCH</c> with JSON patch or merge patch.</summary>
    Task<ObjectMeta> PatchAsync(
        ResourceKind kind, string? ns, string name, string? subresource, PatchKind patch, string fieldManager,
        ReadOnlyMemory<byte> body, CancellationToken cancellation);

    /// <summary><c>DELETE</c> with preconditions; false when the object is already gone.</summary>
    Task<bool> DeleteAsync(ResourceKind kind, string? ns, string name, DeletePreconditions preconditions, CancellationToken cancellation);
}

/// <summary>The two patch bodies that are used beside server-side apply.</summary>
internal enum PatchKind
{
    /// <summary>RFC 6902, <c>application/json-patch+json</c>.</summary>
    Json,

    /// <summary>RFC 7386, <c>application/merge-patch+json</c>.</summary>
    Merge,
}

/// <summary>What a list or watch selects.</summary>
internal sealed record ListOptions
{
    public static readonly ListOptions All = new();
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Ask for <c>PartialObjectMetadata</c> only.</summary>
    public bool MetadataOnly { get; init; }

    /// <summary>Objects a page.</summary>
    public int PageSize { get; init; } = 500;
}

/// <summary>Delete only this very object: a UID and, where it matters, a version.</summary>
internal sealed record DeletePreconditions(string? Uid = null, string? ResourceVersion = null);
