using System.Net;
using System.Net.Security;
using AgentWarden.Kernel.Kubernetes.Connection;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// Makes calls through the client library and its HTTP pipeline, with what that lacks: bounded concurrency, time limits, repeats, and a
/// second try with a new credential. Every failure leaves as a <see cref="KubernetesException"/>.
/// </summary>
internal sealed class ApiTransport(ClusterConnection connection, KubernetesClientOptions options) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(options.MaxInFlight, options.MaxInFlight);
    private readonly Lock _linking = new();
    private Link? _link;

    /// <summary>Sends, repeats where that is safe, and hands a good answer's body to <paramref name="read"/>.</summary>
    public Task<TResult> SendAsync<TResult>(
        ApiRequest request,
        Func<HttpResponseMessage, Stream, CancellationToken, ValueTask<TResult>> read,
        CancellationToken cancellation) =>
        CallAsync(
            Asked(request),
            request.Idempotent,
            async (api, limit) =>
            {
                using var message = request.Message(connection.Server, ApiPipeline.Http2(connection, options));
                using var response = await api.HttpClient.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit);
                await using var body = await response.Content.ReadAsStreamAsync(limit);
                return await read(response, body, limit);
            },
            cancellation);

    /// <summary>Any call of the library.</summary>
    /// <param name="asked">For messages: method and path.</param>
    /// <param name="idempotent">Twice does what once does.</param>
    /// <param name="call">The call; its token ends when the time for one attempt has passed.</param>
    /// <param name="cancellation">Ends it all.</param>
    public async Task<TResult> CallAsync<TResult>(
        string asked, bool idempotent, Func<k8s.Kubernetes, CancellationToken, Task<TResult>> call, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            KubernetesException failure;
            bool neverSent;
            await _slots.WaitAsync(cancellation);
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                limit.CancelAfter(options.RequestTimeout);
                try
                {
                    return await KnownAsync(call, limit.Token);
                }
                catch (Exception e) when (TransportFailure.IsFailure(e, cancellation.IsCancellationRequested))
                {
                    failure = TransportFailure.Explain(asked, e, out neverSent);
                }
                finally
                {
                    _slots.Release();
                }
            }

            if (attempt + 1 >= options.Attempts || !RetryDecider.MayRepeat(failure.StatusCode, idempotent, neverSent))
            {
                throw failure;
            }

            var jitter = Random.Shared.NextDouble();
            var wait = RetryDecider.Delay(attempt, options.FirstDelay, options.LongestDelay, failure.RetryAfter, jitter);
            await Task.Delay(wait, cancellation);
        }
    }

    /// <summary>Opens a watch: one attempt, no slot, no limit of its own. The caller owns the response.</summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.RequestTimeout);
        try
        {
            return await KnownAsync(
                async (api, token) =>
                {
                    using var message = request.Message(connection.Server, ApiPipeline.Http2(connection, options));
                    return await api.HttpClient.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, token);
                },
                limit.Token);
        }
        catch (Exception e) when (e is not KubernetesException && TransportFailure.IsFailure(e, cancellation.IsCancellationRequested))
        {
            throw TransportFailure.Explain(Asked(request), e, out _);
        }
    }

    public void Dispose()
    {
        _link?.Api.Dispose();
        _slots.Dispose();
    }

    /// <summary>A token that was rotated or revoked early: the source is asked once more.</summary>
    private async Task<TResult> KnownAsync<TResult>(
        Func<k8s.Kubernetes, CancellationToken, Task<TResult>> call, CancellationToken cancellation)
    {
        var credential = await connection.Credentials.GetAsync(cancellation);
        try
        {
            return await call(Api(credential), cancellation);
        }
        catch (KubernetesException e) when (e.StatusCode == HttpStatusCode.Unauthorized && connection.Credentials.Refresh(credential))
        {
            return await call(Api(await connection.Credentials.GetAsync(cancellation)), cancellation);
        }
    }

    /// <summary>
    /// Connections are made with one client certificate and live as long as they are used: a new certificate gets new ones.
    /// The old ones are left to their requests and close when they are idle.
    /// </summary>
    private k8s.Kubernetes Api(ClusterCredential credential)
    {
        var link = Volatile.Read(ref _link);
        if (link is not null && ReferenceEquals(link.Certificate, credential.Certificate))
        {
            return link.Api;
        }

        lock (_linking)
        {
            if (_link is null || !ReferenceEquals(_link.Certificate, credential.Certificate))
            {
                var api = ApiPipeline.Create(connection, options, credential.Certificate);
                Volatile.Write(ref _link, new Link(credential.Certificate, api));
            }

            return _link!.Api;
        }
    }

    private string Asked(ApiRequest request) => $"{request.Method} {connection.Server.AbsoluteUri.TrimEnd('/')}{request.Path}";

    private sealed record Link(SslStreamCertificateContext? Certificate, k8s.Kubernetes Api);
}
