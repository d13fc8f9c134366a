using System.Text.Json.Serialization.Metadata;

namespace AgentWarden.Kernel.Kubernetes.Watching;

/// <summary>What a reflector needs of the API server: lists with their version, and watches from it.</summary>
internal interface IKubernetesWatcher
{
    /// <summary>One page of a list; the whole list when <see cref="ListOptions.PageSize"/> is 0.</summary>
    /// <exception cref="KubernetesException">
    /// <see cref="KubernetesException.IsGone"/> when <paramref name="continueToken"/> has expired.
    /// </exception>
    Task<ListPage<T>> ListPageAsync<T>(
        ResourceKind kind, string? ns, ListOptions options, string? continueToken, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class;

    /// <summary>
    /// Changes after <paramref name="resourceVersion"/>, until the server ends the watch or <paramref name="timeout"/> has passed.
    /// </summary>
    /// <exception cref="KubernetesException">
    /// <see cref="KubernetesException.IsGone"/> when the version is too old; transient when the connection died or hangs.
    /// </exception>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceKind kind, string? ns, ListOptions options, string resourceVersion, TimeSpan timeout, JsonTypeInfo<T> type,
        CancellationToken cancellation) where T : class;
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The objects that could be read.</param>
/// <param name="Unreadable">The objects whose JSON does not fit the type.</param>
/// <param name="ResourceVersion">The version of the whole list.</param>
/// <param name="Continue">Token of the next page; null on the last.</param>
internal sealed record ListPage<T>(
    IReadOnlyList<T> Items, IReadOnlyList<UnreadableObject> Unreadable, string? ResourceVersion, string? Continue) where T : class;

/// <summary>An object that does not fit its type: which, and at which field. Never its value.</summary>
internal sealed record UnreadableObject(ObjectKey Key, string Field);

/// <summary>One line of a watch. A bookmark has no object, only a version.</summary>
internal readonly record struct WatchEvent<T>(
    WatchEventType Type, T? Object, string? ResourceVersion, UnreadableObject? Unreadable = null) where T : class;

internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,
}
