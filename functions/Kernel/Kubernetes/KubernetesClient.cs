using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes.Http;
using AgentWarden.Kernel.Kubernetes.Watching;
using k8s;
using k8s.Models;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// One API server, through the client library: its configuration, pipeline and kinds. What the library has not is ours, over its
/// HttpClient: any kind by bytes, lists as a stream, watches, server-side apply, repeats. No reflection, no rate limit of its own.
/// </summary>
internal sealed class KubernetesClient(ClusterConnection connection, KubernetesClientOptions? options = null)
    : IKubernetesReader, IKubernetesWriter, IKubernetesWatcher, ITokenReviewer, IDisposable
{
    /// <summary>A watch that is silent for this long after its own timeout has lost its connection.</summary>
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly ApiTransport _transport = new(connection, options ?? new KubernetesClientOptions());

    public ClusterConnection Connection { get; } = connection;

    public async Task<T?> GetAsync<T>(
        ResourceKind kind, string? ns, string name, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class
    {
        var accept = typeof(T) == typeof(MetadataOnly) ? ApiRequest.PartialMetadata : ApiRequest.Json;
        var request = new ApiRequest(HttpMethod.Get, kind.ObjectPath(ns, name)) { Accept = accept };
        try
        {
            return await ReadAsync(request, body => JsonSerializer.Deserialize(body, type), cancellation);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// When the list takes so long that its token expires (410), it goes on with the token of the refusal: every object that existed
    /// throughout is yielded once, at its version of then.
    /// </remarks>
    public async IAsyncEnumerable<T> ListAsync<T>(
        ResourceKind kind, string? ns, ListOptions options, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class
    {
        string? next = null;
        do
        {
            ListPage<T> page;
            try
            {
                page = await ListPageAsync(kind, ns, options, next, type, cancellation);
            }
            catch (KubernetesException e) when (e.IsGone && next is not null && e.Continue is not null && e.Continue != next)
            {
                next = e.Continue;
                continue;
            }

            if (page.Unreadable is [var first, ..])
            {
                throw new KubernetesException(
                    HttpStatusCode.OK, TransportFailure.Unreadable, $"{kind} {first.Key} is not what was expected, at {first.Field}");
            }

            foreach (var item in page.Items)
            {
                yield return item;
            }

            next = page.Continue;
        }
        while (next is not null);
    }

    public Task<ListPage<T>> ListPageAsync<T>(
        ResourceKind kind, string? ns, ListOptions options, string? continueToken, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        var accept = options.MetadataOnly ? ApiRequest.PartialMetadataList : ApiRequest.Json;
        return _transport.SendAsync(
            new ApiRequest(HttpMethod.Get, kind.CollectionPath(ns), Query.OfList(options, continueToken)) { Accept = accept },
            (_, body, limit) => new ListReader<T>(type).ReadAsync(body, limit),
            cancellation);
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceKind kind, string? ns, ListOptions options, string resourceVersion, TimeSpan timeout, JsonTypeInfo<T> type,
        [EnumeratorCancellation] CancellationToken cancellation) where T : class
    {
        var accept = options.MetadataOnly ? ApiRequest.PartialMetadata : ApiRequest.Json;
        var query = Query.OfWatch(options, resourceVersion, timeout);
        var request = new ApiRequest(HttpMethod.Get, kind.CollectionPath(ns), query) { Accept = accept };
        using var response = await _transport.OpenAsync(request, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (var change in WatchStream.ReadAsync($"watch {request.Path}", body, timeout + WatchGrace, type, cancellation))
        {
            yield return change;
        }
    }

    public Task<ObjectMeta> ApplyAsync(
        ResourceKind kind, string? ns, string name, string? subresource, string fieldManager, ReadOnlyMemory<byte> body,
        CancellationToken cancellation)
    {
        var query = Query.Of(("fieldManager", fieldManager), ("force", "true"));
        var request = new ApiRequest(HttpMethod.Patch, kind.ObjectPath(ns, name, subresource), query);
        return WriteAsync(request with { ContentType = ApiRequest.Apply, Body = body }, cancellation);
    }

    public Task<ObjectMeta> CreateAsync(
        ResourceKind kind, string? ns, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var query = Query.Of(("fieldManager", fieldManager));
        var request = new ApiRequest(HttpMethod.Post, kind.CollectionPath(ns), query) { Idempotent = false };
        return WriteAsync(request with { ContentType = ApiRequest.Json, Body = body }, cancellation);
    }

    public Task<ObjectMeta> ReplaceAsync(
        ResourceKind kind, string? ns, string name, string? subresource, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        WriteAsync(
            new(HttpMethod.Put, kind.ObjectPath(ns, name, subresource)) { ContentType = ApiRequest.Json, Body = body }, cancellation);

    public Task<ObjectMeta> PatchAsync(
        ResourceKind kind, string? ns, string name, string? subresource, PatchKind patch, string fieldManager,
        ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var request = new ApiRequest(HttpMethod.Patch, kind.ObjectPath(ns, name, subresource), Query.Of(("fieldManager", fieldManager)))
        {
            ContentType = patch == PatchKind.Json ? ApiRequest.JsonPatch : ApiRequest.MergePatch,
            Body = body,
            // A JSON patch may append to a list or test what it changes: done twice is not done once.
            Idempotent = patch == PatchKind.Merge,
        };
        return WriteAsync(request, cancellation);
    }

    public async Task<bool> DeleteAsync(
        ResourceKind kind, string? ns, string name, DeletePreconditions preconditions, CancellationToken cancellation)
    {
        var what = new V1DeleteOptions
        {
            ApiVersion = "v1",
            Kind = V1DeleteOptions.KubeKind,
            PropagationPolicy = "Background",
            Preconditions = preconditions is { Uid: null, ResourceVersion: null } ? null
                : new() { Uid = preconditions.Uid, ResourceVersion = preconditions.ResourceVersion },
        };
        var request = new ApiRequest(HttpMethod.Delete, kind.ObjectPath(ns, name))
        {
            ContentType = ApiRequest.Json,
            Body = JsonSerializer.SerializeToUtf8Bytes(what, LibraryJson.Of<V1DeleteOptions>()),
            Accept = ApiRequest.PartialMetadata,
        };
        try
        {
            return await ReadAsync(request, static _ => true, cancellation);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Any request, for installers and checks: the body of a good answer, a <see cref="KubernetesException"/> otherwise.</summary>
    public Task<byte[]> SendAsync(
        HttpMethod method, string pathAndQuery, string? contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation,
        string accept = ApiRequest.Json)
    {
        var at = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = at < 0 ? (pathAndQuery, "") : (pathAndQuery[..at], pathAndQuery[at..]);
        return ReadAsync(
            new(method, path, query) { ContentType = contentType, Body = body, Accept = accept, Idempotent = method != HttpMethod.Post },
            static bytes => bytes.ToArray(),
            cancellation);
    }

    public async Task<string?> UserOfAsync(string token, string audience, CancellationToken cancellation)
    {
        var question = TokenReview.Of(token, audience);
        var answer = await _transport.CallAsync(
            $"POST {KubernetesKinds.TokenReview.CollectionPath()}", idempotent: false,
            (api, limit) => api.AuthenticationV1.CreateTokenReviewAsync(question, cancellationToken: limit), cancellation);
        return TokenReview.User(answer.Status, audience);
    }

    /// <summary>At kubectl's path: the library's ends in a slash, which some API servers do not serve.</summary>
    public Task<ServerVersion> GetServerVersionAsync(CancellationToken cancellation) => ReadAsync(
        new(HttpMethod.Get, "/version"),
        static bytes => ServerVersion.Of(JsonSerializer.Deserialize(bytes, LibraryJson.Of<VersionInfo>())!),
        cancellation);

    public void Dispose() => _transport.Dispose();

    private Task<ObjectMeta> WriteAsync(ApiRequest request, CancellationToken cancellation) =>
        ReadAsync(request with { Accept = ApiRequest.PartialMetadata }, AnswerMetadata.Read, cancellation);

    private Task<TResult> ReadAsync<TResult>(ApiRequest request, Reading<TResult> read, CancellationToken cancellation) =>
        _transport.SendAsync(
            request,
            async (response, body, limit) =>
            {
                // One byte more than the body, so that its end is seen without growing.
                using var window = new StreamWindow(body, (int)Math.Min(response.Content.Headers.ContentLength ?? 4096, 16 << 20) + 1);
                await window.FillAllAsync(limit);
                return read(window.Unread);
            },
            cancellation);

    private delegate TResult Reading<out TResult>(ReadOnlySpan<byte> body);
}
