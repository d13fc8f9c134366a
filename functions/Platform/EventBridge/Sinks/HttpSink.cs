using System.Collections.Concurrent;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes.Connection;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>
/// Delivers over HTTP to the event intake of the functions, as CloudEvents, and brings back what their answers ask for.
/// Whoever does not answer, or asks for patience, is away: then everything for the function waits. Whoever answers that a look failed, failed.
/// </summary>
internal sealed class HttpSink : IEventSink, IDisposable
{
    /// <summary>Where an Azure Functions host looks for a key.</summary>
    private const string KeyHeader = "x-functions-key";

    private readonly HttpSinkOptions _options;
    private readonly KindTable _kinds;
    private readonly ICredentialSource? _credentials;
    private readonly KeyFile? _key;
    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _client;
    private readonly ConcurrentDictionary<string, HttpBatches> _batches = new(StringComparer.Ordinal);

    /// <param name="options">Where and how.</param>
    /// <param name="kinds">The kinds that follow-ups may name.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="handler">Instead of the network.</param>
    /// <param name="logger">Says when a key was rotated.</param>
    /// <exception cref="HostingException">The file of the key cannot be read, or holds none.</exception>
    public HttpSink(HttpSinkOptions options, KindTable kinds, TimeProvider clock, HttpMessageHandler? handler = null, ILogger? logger = null)
    {
        (_options, _kinds, _clock) = (options, kinds, clock);
        _credentials = options.TokenFile is { } file ? new FileTokenSource(file, HttpSinkOptions.TokenFileSetting, certificate: null, clock) : null;
        _key = options.KeyFile is { } keyFile
            ? new(keyFile, HttpSinkOptions.KeyFileSetting, "a key of the Functions host", clock, logger ?? NullLogger.Instance) : null;
        _client = new(handler ?? new SocketsHttpHandler
        {
            // A Service spreads connections, not requests: without this, pods that are added would get nothing.
            PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            AllowAutoRedirect = false,
            UseCookies = false,
        });
    }

    public int Concurrency => _options.Mode == HttpSinkMode.Batch ? HttpBatches.Lanes * _options.BatchSize : _options.Concurrency;

    public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation)
    {
        if (_options.Mode == HttpSinkMode.Batch)
        {
            return new(await _batches.GetOrAdd(function, f => new(_options.BatchSize, changes => SendAsync(f, changes))).AddAsync(change, cancellation));
        }

        var cloudEvent = ObjectEventMapping.ToCloudEvent(change, _options.Source, _clock.GetUtcNow(), function);
        var target = _options.Target(function);
        using var request = _options.Mode == HttpSinkMode.Binary ? CloudEventContent.Binary(target, cloudEvent) : CloudEventContent.Structured(target, cloudEvent);
        return new((await SendAsync(request, cancellation)).Of(change.Object));
    }

    public void Dispose() => _client.Dispose();

    private async Task<IntakeReply> SendAsync(string function, IEnumerable<ObjectEvent> changes)
    {
        var now = _clock.GetUtcNow();
        using var request = CloudEventContent.Batch(_options.Target(function), changes.Select(c => ObjectEventMapping.ToCloudEvent(c, _options.Source, now, function)));
        return await SendAsync(request, CancellationToken.None);
    }

    private async Task<IntakeReply> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        // Ours: the answer is read, and the function need not report to the bridge.
        request.Headers.TryAddWithoutValidation(LookReportJson.WishesHeader, LookReportJson.WishesInAnswer);
        if (_key is not null)
        {
            _key.Refresh();
            request.Headers.TryAddWithoutValidation(KeyHeader, _key.Key);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.Timeout);
        var credential = _credentials is null ? null : await CredentialAsync(limit.Token);
        request.Headers.Authorization = credential?.Authorization;
        try
        {
            using var response = await _client.SendAsync(request, limit.Token);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized)
            {
                ReadAgain(credential);
            }

            return IntakeReply.Read(response.StatusCode, RetryAfter(response), body, _kinds);
        }
        catch (HttpRequestException e)
        {
            // Refused, reset, cut off in the middle: whether it was looked at is not known, and looking twice does no harm.
            throw new SinkUnavailableException($"{request.RequestUri!.GetLeftPart(UriPartial.Authority)} does not answer ({e.HttpRequestError}).", e) { MayPass = true };
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new LookFailedException($"no answer within {_options.Timeout.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Token or key may just have been rotated: the next attempt has what is in the files then.</summary>
    private void ReadAgain(ClusterCredential? refused)
    {
        _key?.Refresh(refused: true);
        if (refused is not null)
        {
            _credentials!.Refresh(refused);
        }
    }

    private async ValueTask<ClusterCredential> CredentialAsync(CancellationToken cancellation)
    {
        try
        {
            return await _credentials!.GetAsync(cancellation);
        }
        catch (Kernel.Kubernetes.KubeConfigException e)
        {
            throw new SinkUnavailableException(e.Message, e);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - _clock.GetUtcNow() is { Ticks: > 0 } wait => wait,
        _ => null,
    };
}
