using System.Net;
using System.Net.Http.Headers;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>One request, in a form that can be sent again.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path without the query: also what error messages name.</param>
/// <param name="Query">Query with its <c>?</c>, or empty.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path, string Query = "")
{
    public const string Json = "application/json", JsonPatch = "application/json-patch+json", MergePatch = "application/merge-patch+json";

    /// <summary>Server-side apply. JSON is YAML, so we send JSON.</summary>
    public const string Apply = "application/apply-patch+yaml";

    /// <summary>Only the metadata, where the server can (every server since 1.15).</summary>
    public const string PartialMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

    public const string PartialMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    public string Accept { get; init; } = Json;
    public string? ContentType { get; init; }
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Sending it twice does what sending it once does.</summary>
    public bool Idempotent { get; init; } = true;

    public HttpRequestMessage Message(Uri root, bool http2)
    {
        var message = new HttpRequestMessage(Method, root.AbsoluteUri.TrimEnd('/') + Path + Query)
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        };
        message.Options.Set(AnswerHandler.Streamed, true);
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (ContentType is not null)
        {
            message.Content = new ReadOnlyMemoryContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } };
        }

        return message;
    }
}
