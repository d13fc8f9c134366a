
namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// Stands in the library's pipeline, so that every call has it, the library's own too: says who we are, and makes a refusal a
/// <see cref="KubernetesException"/> before the library puts the answer's body, which may hold a Secret, into an exception of its own.
/// </summary>
internal sealed class AnswerHandler(ClusterConnection connection) : DelegatingHandler
{
    /// <summary>Set on a request whose good answer its sender reads as a stream, with a limit of its own.</summary>
    public static readonly HttpRequestOptionsKey<bool> Streamed = new("streamed");

    /// <summary>An object is 1.5 MB at most (etcd); a refusal is a few lines.</summary>
    private const long MostOfAnswer = 4 << 20;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = (await connection.Credentials.GetAsync(cancellationToken)).Authorization;
        foreach (var (name, values) in connection.Impersonation?.Headers ?? [])
        {
            // A request that is sent again has it already.
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, RepeatedHeaders.Join(name, values));
        }

        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            var streamed = request.Options.TryGetValue(Streamed, out var set) && set;
            if (!response.IsSuccessStatusCode || !streamed)
            {
                // The library reads without a limit of time or size.
                await response.Content.LoadIntoBufferAsync(MostOfAnswer, cancellationToken);
            }

            return response.IsSuccessStatusCode ? response : throw await RefusalAsync(request, response, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static async Task<KubernetesException> RefusalAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        var asked = $"{request.Method} {request.RequestUri!.GetLeftPart(UriPartial.Path)}";
        return StatusReader.Read(asked, response.StatusCode, body, RetryAfter(response));
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - DateTimeOffset.UtcNow is { Ticks: > 0 } wait => wait,
        _ => null,
    };
}
