using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using AgentWarden.Kernel.Kubernetes.Connection;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Sends requests: credentials, bounded concurrency, timeouts, repeats. Every failure leaves as a <see cref="KubernetesException"/>.</summary>
internal sealed class ApiTransport : IDisposable
{
    private readonly ClusterConnection _connection;
    private readonly KubernetesClientOptions _options;
    private readonly HttpMessageInvoker _invoker;
    private readonly SemaphoreSlim _slots;
    private readonly string _root;
    private readonly ProductInfoHeaderValue _agent;
    private X509Certificate2? _certificate;

    public ApiTransport(ClusterConnection connection, KubernetesClientOptions options)
    {
        _connection = connection;
        _options = options;
        _root = connection.Server.AbsoluteUri.TrimEnd('/');
        _slots = new SemaphoreSlim(options.MaxInFlight, options.MaxInFlight);
        _agent = new ProductInfoHeaderValue(options.UserAgent, productVersion: null);
        _invoker = new HttpMessageInvoker(ConnectionHandler.Create(connection, options, () => Volatile.Read(ref _certificate)));
    }

    /// <summary>Sends, repeats where that is safe, and hands a good answer's body to <paramref name="read"/>.</summary>
    public async Task<TResult> SendAsync<TResult>(ApiRequest request, Func<HttpResponseMessage, Stream, CancellationToken, ValueTask<TResult>> read, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            KubernetesException failure;
            bool neverSent;
            await _slots.WaitAsync(cancellation);
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                limit.CancelAfter(_options.RequestTimeout);
                try
                {
                    using var response = await OpenOnceAsync(request, limit.Token);
                    await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
                    return await read(response, body, limit.Token);
                }
                catch (Exception e) when (TransportFailure.IsFailure(e, cancellation.IsCancellationRequested))
                {
                    failure = TransportFailure.Explain(Asked(request), e, out neverSent);
                }
                finally
                {
                    _slots.Release();
                }
            }

            if (attempt + 1 >= _options.Attempts || !RetryDecider.MayRepeat(failure.StatusCode, request.Idempotent, neverSent))
            {
                throw failure;
            }

            await Task.Delay(RetryDecider.Delay(attempt, _options.FirstDelay, _options.LongestDelay, failure.RetryAfter, Random.Shared.NextDouble()), cancellation);
        }
    }

    /// <summary>Opens a watch: one attempt, no slot, no limit of its own. The caller owns the response.</summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.RequestTimeout);
        try
        {
            return await OpenOnceAsync(request, limit.Token);
        }
        catch (Exception e) when (e is not KubernetesException && TransportFailure.IsFailure(e, cancellation.IsCancellationRequested))
        {
            throw TransportFailure.Explain(Asked(request), e, out _);
        }
    }

    public void Dispose()
    {
        _invoker.Dispose();
        _slots.Dispose();
    }

    private async Task<HttpResponseMessage> OpenOnceAsync(ApiRequest request, CancellationToken cancellation)
    {
        for (var first = true; ; first = false)
        {
            var credential = await _connection.Credentials.GetAsync(cancellation);
            Volatile.Write(ref _certificate, credential.Certificate);
            using var message = Message(request, credential);
            var response = await _invoker.SendAsync(message, cancellation);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                // A token that was rotated or revoked early: ask the source once more.
                if (response.StatusCode == HttpStatusCode.Unauthorized && first && _connection.Credentials.Refresh(credential))
                {
                    continue;
                }

                await using var body = await response.Content.ReadAsStreamAsync(cancellation);
                using var window = new StreamWindow(body);
                await window.FillAllAsync(cancellation);
                throw StatusReader.Read(Asked(request), response.StatusCode, window.Unread, RetryAfter(response));
            }
        }
    }

    private HttpRequestMessage Message(ApiRequest request, ClusterCredential credential)
    {
        var message = new HttpRequestMessage(request.Method, _root + request.PathAndQuery)
        {
            Version = _options.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue(_agent.Product!));
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        message.Headers.Authorization = credential.Authorization;
        if (_connection.TlsServerName is { } name)
        {
            // SocketsHttpHandler takes the name to verify from here.
            message.Headers.Host = name;
        }

        if (request.ContentType is { } type)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body) { Headers = { ContentType = type } };
        }

        return message;
    }

    private string Asked(ApiRequest request) => $"{request.Method} {_root}{request.Path}";

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date - DateTimeOffset.UtcNow is { Ticks: > 0 } wait => wait,
            _ => null,
        };
}
