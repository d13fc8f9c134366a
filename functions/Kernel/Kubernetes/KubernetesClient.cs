using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes.Http;
using AgentWarden.Kernel.Kubernetes.Watching;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Our own small client of one API server: JSON over HTTP, no reflection, no rate limit of its own.</summary>
internal sealed class KubernetesClient(ClusterConnection connection, KubernetesClientOptions? options = null)
    : IKubernetesReader, IKubernetesWriter, IKubernetesWatcher, ITokenReviewer, IDisposable
{
    /// <summary>A watch that is silent for this long after its own timeout has lost its connection.</summary>
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly ApiTransport _transport = new(connection, options ?? new KubernetesClientOptions());

    public ClusterConnection Connection { get; } = connection;

    public async Task<T?> GetAsync<T>(ResourceKind kind, string? ns, string name, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class
    {
        var accept = typeof(T) == typeof(MetadataOnly) ? ApiRequest.PartialMetadata : ApiRequest.Json;
        try
        {
            return await _transport.SendAsync(new ApiRequest(HttpMethod.Get, kind.ObjectPath(ns, name)) { Accept = accept }, async (response, body, limit) =>
            {
                using var window = await BodyAsync(response, body, limit);
                return JsonSerializer.Deserialize(window.Unread, type);
            }, cancellation);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    /// <remarks>When the list takes so long that its token expires (410), it goes on with the token of the refusal: every object that existed throughout is yielded once, at its version of then.</remarks>
    public async IAsyncEnumerable<T> ListAsync<T>(ResourceKind kind, string? ns, ListOptions options, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation) where T : class
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
                throw new KubernetesException(System.Net.HttpStatusCode.OK, TransportFailure.Unreadable, $"{kind} {first.Key} is not what was expected, at {first.Field}");
            }

            foreach (var item in page.Items)
            {
                yield return item;
            }

            next = page.Continue;
        }
        while (next is not null);
    }

    public Task<ListPage<T>> ListPageAsync<T>(ResourceKind kind, string? ns, ListOptions options, string? continueToken, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class =>
        _transport.SendAsync(
            new ApiRequest(HttpMethod.Get, kind.CollectionPath(ns), Query.OfList(options, continueToken)) { Accept = options.MetadataOnly ? ApiRequest.PartialMetadataList : ApiRequest.Json },
            (_, body, limit) => new ListReader<T>(type).ReadAsync(body, limit),
            cancellation);

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceKind kind, string? ns, ListOptions options, string resourceVersion, TimeSpan timeout, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation) where T : class
    {
        var request = new ApiRequest(HttpMethod.Get, kind.CollectionPath(ns), Query.OfWatch(options, resourceVersion, timeout)) { Accept = options.MetadataOnly ? ApiRequest.PartialMetadata : ApiRequest.Json };
        using var response = await _transport.OpenAsync(request, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (var change in WatchStream.ReadAsync($"watch {request.Path}", body, timeout + WatchGrace, type, cancellation))
        {
            yield return change;
        }
    }

    public Task<ObjectMeta> ApplyAsync(ResourceKind kind, string? ns, string name, string? subresource, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        WriteAsync(new ApiRequest(HttpMethod.Patch, kind.ObjectPath(ns, name, subresource), Query.Of(("fieldManager", fieldManager), ("force", "true"))) { ContentType = ContentTypes.Apply, Body = body }, cancellation);

    public Task<ObjectMeta> CreateAsync(ResourceKind kind, string? ns, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        WriteAsync(new ApiRequest(HttpMethod.Post, kind.CollectionPath(ns), Query.Of(("fieldManager", fieldManager))) { ContentType = ContentTypes.Json, Body = body, Idempotent = false }, cancellation);

    public Task<ObjectMeta> ReplaceAsync(ResourceKind kind, string? ns, string name, string? subresource, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        WriteAsync(new ApiRequest(HttpMethod.Put, kind.ObjectPath(ns, name, subresource)) { ContentType = ContentTypes.Json, Body = body }, cancellation);

    public Task<ObjectMeta> PatchAsync(ResourceKind kind, string? ns, string name, string? subresource, PatchKind patch, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        WriteAsync(
            new ApiRequest(HttpMethod.Patch, kind.ObjectPath(ns, name, subresource), Query.Of(("fieldManager", fieldManager)))
            {
                ContentType = patch == PatchKind.Json ? ContentTypes.JsonPatch : ContentTypes.MergePatch,
                Body = body,
                // A JSON patch may append to a list or test what it changes: done twice is not done once.
                Idempotent = patch == PatchKind.Merge,
            },
            cancellation);

    public async Task<bool> DeleteAsync(ResourceKind kind, string? ns, string name, DeletePreconditions preconditions, CancellationToken cancellation)
    {
        var request = new ApiRequest(HttpMethod.Delete, kind.ObjectPath(ns, name)) { ContentType = ContentTypes.Json, Body = DeleteBody.Write(preconditions), Accept = ApiRequest.PartialMetadata };
        try
        {
            return await _transport.SendAsync(request, async (response, body, limit) =>
            {
                using var window = await BodyAsync(response, body, limit);
                return true;
            }, cancellation);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Any request, for installers and checks: the body of a good answer, a <see cref="KubernetesException"/> otherwise.</summary>
    public Task<byte[]> SendAsync(HttpMethod method, string pathAndQuery, string? contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation, string accept = ApiRequest.Json)
    {
        var (path, query) = pathAndQuery.IndexOf('?', StringComparison.Ordinal) is var at and >= 0 ? (pathAndQuery[..at], pathAndQuery[at..]) : (pathAndQuery, "");
        var request = new ApiRequest(method, path, query) { ContentType = contentType is null ? null : new(contentType), Body = body, Accept = accept, Idempotent = method != HttpMethod.Post };
        return _transport.SendAsync(request, async (response, stream, limit) =>
        {
            using var window = await BodyAsync(response, stream, limit);
            return window.Unread.ToArray();
        }, cancellation);
    }

    public async Task<string?> UserOfAsync(string token, string audience, CancellationToken cancellation)
    {
        var review = new TokenReview { Spec = new() { Token = token, Audiences = [audience] } };
        var body = JsonSerializer.SerializeToUtf8Bytes(review, TokenReviewJson.Default.TokenReview);
        var answer = await SendAsync(HttpMethod.Post, KubernetesKinds.TokenReview.CollectionPath(), "application/json", body, cancellation);
        return JsonSerializer.Deserialize(answer, TokenReviewJson.Default.TokenReview)?.User(audience);
    }

    public async Task<ServerVersion> GetServerVersionAsync(CancellationToken cancellation) =>
        ServerVersion.Parse(await SendAsync(HttpMethod.Get, "/version", contentType: null, default, cancellation));

    public void Dispose() => _transport.Dispose();

    private Task<ObjectMeta> WriteAsync(ApiRequest request, CancellationToken cancellation) =>
        _transport.SendAsync(request with { Accept = ApiRequest.PartialMetadata }, static async (response, body, limit) =>
        {
            using var window = await BodyAsync(response, body, limit);
            return AnswerMetadata.Read(window.Unread);
        }, cancellation);

    private static async ValueTask<StreamWindow> BodyAsync(HttpResponseMessage response, Stream body, CancellationToken cancellation)
    {
        // One byte more than the body, so that its end is seen without growing.
        var window = new StreamWindow(body, (int)Math.Min(response.Content.Headers.ContentLength ?? 4096, 16 << 20) + 1);
        try
        {
            await window.FillAllAsync(cancellation);
            return window;
        }
        catch
        {
            window.Dispose();
            throw;
        }
    }
}
