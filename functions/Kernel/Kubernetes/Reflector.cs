using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes.Http;
using AgentWarden.Kernel.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// Keeps a copy of one kind: lists it, then watches from the list's version. A lost connection goes on from the last version;
/// a version that is too old (410) leads to a new list, of which only the difference is told, deletions included.
/// Handlers and indexes are declared before <see cref="RunAsync"/>.
/// </summary>
internal sealed partial class Reflector<T> : IObjectCache<T> where T : class, IKubernetesObject
{
    private const string ByNamespace = "metadata.namespace";

    private readonly IKubernetesWatcher _api;
    private readonly JsonTypeInfo<T> _type;
    private readonly ILogger _logger;
    private readonly ReflectorOptions _options;
    private readonly TimeProvider _time;
    private readonly ObjectStore<T> _store = new();
    private readonly ChangeFeed<T> _changes;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _version;
    private long _lastContact;
    private int _failures;
    private int _started;
    private bool _refused;

    /// <param name="api">The API server.</param>
    /// <param name="kind">What is watched.</param>
    /// <param name="type">How an object is read.</param>
    /// <param name="logger">Never sees an object's body.</param>
    /// <param name="options">Namespace, selectors and patience.</param>
    /// <param name="trim">Drops what is not needed before an object is kept; null means that the object does not count at all.</param>
    /// <param name="time">The clock.</param>
    public Reflector(
        IKubernetesWatcher api, ResourceKind kind, JsonTypeInfo<T> type, ILogger logger, ReflectorOptions? options = null,
        Func<T, T?>? trim = null, TimeProvider? time = null)
    {
        _api = api;
        _type = type;
        _logger = logger;
        _options = options ?? new ReflectorOptions();
        _time = time ?? TimeProvider.System;
        _changes = new ChangeFeed<T>(_store, kind, trim, logger);
        Kind = kind;
    }

    public ResourceKind Kind { get; }

    public bool IsSynced => _synced.Task.IsCompleted;

    public int Count => _store.Count;

    /// <summary>When the server last said anything, a bookmark included; null before the first answer.</summary>
    public DateTimeOffset? LastContact =>
        Interlocked.Read(ref _lastContact) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The version up to which the cache is current.</summary>
    public long? ResourceVersion => long.TryParse(Volatile.Read(ref _version), out var version) ? version : null;

    /// <summary>True when the copy of this object, or the watch as a whole, has come to this version.</summary>
    public bool HasSeen(ObjectKey key, long version) =>
        ResourceVersion >= version || (long.TryParse(Find(key)?.Metadata.ResourceVersion, out var have) && have >= version);

    public T? Find(ObjectKey key) => _store.Find(key);

    public IReadOnlyCollection<T> InNamespace(string ns) => _store.ByIndex(ByNamespace, ns);

    public IReadOnlyCollection<T> All() => _store.All();

    public IReadOnlyCollection<T> ByIndex(string indexName, string value) => _store.ByIndex(indexName, value);

    /// <summary>Keeps what <see cref="InNamespace"/> needs: some fifty bytes an object, which most watches have no use for.</summary>
    public void IndexNamespaces() => AddIndex(ByNamespace, item => item.Metadata.Namespace is { } ns ? [ns] : []);

    public void AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        ThrowIfStarted();
        _store.AddIndex(name, values);
    }

    public void Subscribe(IWatchHandler<T> handler)
    {
        ThrowIfStarted();
        _changes.Subscribe(handler);
    }

    /// <summary>Completes with the first whole list. Waits for as long as the kind cannot be listed.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellation) => _synced.Task.WaitAsync(cancellation);

    /// <summary>Lists and watches until cancelled; no answer of the server ends it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("A reflector runs once.");
        }

        while (!cancellation.IsCancellationRequested)
        {
            var wait = TimeSpan.Zero;
            var began = _time.GetTimestamp();
            try
            {
                if (_version is null)
                {
                    await ListAsync(cancellation);
                }

                wait = await WatchAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // What worked for a while is a new trouble, not the last one going on.
                _failures = _time.GetElapsedTime(began) > _options.LongestRefusalDelay ? 0 : _failures;
                wait = AfterFailure(e);
            }

            await Task.Delay(wait, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListAsync(CancellationToken cancellation)
    {
        var gone = new HashSet<ObjectKey>(_store.Keys);
        var list = _options.List;
        string? next = null, version;
        do
        {
            ListPage<T> page;
            try
            {
                page = await _api.ListPageAsync(Kind, _options.Namespace, list, next, _type, cancellation);
            }
            catch (KubernetesException e) when (e.IsGone && next is not null)
            {
                // The list took longer than the server keeps its version. In one piece it cannot expire. What was taken in may be gone
                // by then.
                LogListExpired(Kind);
                list = list with { PageSize = 0 };
                gone.UnionWith(_store.Keys);
                next = "";
                version = null;
                continue;
            }

            Contact();
            foreach (var item in page.Items)
            {
                gone.Remove(ObjectStore<T>.KeyOf(item));
                _changes.Take(item);
            }

            foreach (var unreadable in page.Unreadable)
            {
                gone.Remove(unreadable.Key);
                LogUnreadable(Kind, unreadable.Key, unreadable.Field);
            }

            (next, version) = (page.Continue, page.ResourceVersion);
        }
        while (next is not null);

        foreach (var key in gone)
        {
            _changes.Drop(key, last: null);
        }

        Volatile.Write(ref _version, version ?? throw new KubernetesException($"list {Kind}: the answer has no resourceVersion"));
        _refused = false;
        _synced.TrySetResult();
        LogListed(Kind, _store.Count);
        _changes.Synced();
    }

    /// <summary>One watch, to its end. Answers how long to wait before the next.</summary>
    private async Task<TimeSpan> WatchAsync(CancellationToken cancellation)
    {
        var timeout = _options.WatchTimeout * (1 + Random.Shared.NextDouble());
        var began = _time.GetTimestamp();
        await foreach (var change in _api.WatchAsync(Kind, _options.Namespace, _options.List, _version!, timeout, _type, cancellation))
        {
            Contact();
            _failures = 0;
            if (change is { Unreadable: { } ended, Type: WatchEventType.Deleted })
            {
                _changes.Drop(ended.Key, last: null);
            }
            else if (change.Unreadable is { } unreadable)
            {
                LogUnreadable(Kind, unreadable.Key, unreadable.Field);
            }
            else if (change.Object is { } item)
            {
                if (change.Type == WatchEventType.Deleted)
                {
                    _changes.Drop(ObjectStore<T>.KeyOf(item), item);
                }
                else
                {
                    _changes.Take(item);
                }
            }

            // Only now: what a handler did not see must come again.
            if ((change.ResourceVersion ?? change.Object?.Metadata.ResourceVersion) is { Length: > 0 } version)
            {
                Volatile.Write(ref _version, version);
            }
        }

        // A server that ends watches at once (it is stopping) is not asked in a tight loop.
        return _time.GetElapsedTime(began) < TimeSpan.FromSeconds(1) ? Delay(_options.LongestReconnectDelay) : TimeSpan.Zero;
    }

    private TimeSpan AfterFailure(Exception e)
    {
        switch (e)
        {
            case KubernetesException { IsGone: true }:
                LogExpired(Kind);
                Volatile.Write(ref _version, value: null);
                return Delay(_options.LongestReconnectDelay);

            // Not installed yet, not allowed (yet), or not for this identity: said once, tried for ever. The cache is kept:
            // a starting API server answers 404 for kinds that it serves a moment later.
            case KubernetesException refusal when (int)refusal.StatusCode is 401 or 403 or 404 or 405:
                if (!_refused)
                {
                    LogRefused(Kind, refusal.Message);
                    _refused = true;
                }

                Volatile.Write(ref _version, value: null);
                return Delay(_options.LongestRefusalDelay);

            case KubernetesException { IsTransient: true } lost:
                LogLost(Kind, lost.Message);
                if (_failures > 3 && lost.StatusCode != default)
                {
                    // The server is there and cannot go on from this version (restored from a backup, an object it cannot decode).
                    Volatile.Write(ref _version, value: null);
                }

                var wait = Delay(_options.LongestReconnectDelay);
                return lost.RetryAfter is { } after && after > wait && after <= _options.LongestRefusalDelay ? after : wait;

            default:
                LogFailed(e, Kind);
                Volatile.Write(ref _version, value: null);
                return Delay(_options.LongestRefusalDelay);
        }
    }

    private TimeSpan Delay(TimeSpan longest) =>
        RetryDecider.Delay(_failures++, _options.FirstDelay, longest, retryAfter: null, Random.Shared.NextDouble());

    private void Contact() => Interlocked.Exchange(ref _lastContact, _time.GetUtcNow().UtcTicks);

    private void ThrowIfStarted()
    {
        if (Volatile.Read(ref _started) != 0)
        {
            throw new InvalidOperationException(
                "Declare handlers and indexes before the reflector runs: later ones would miss what it has already seen.");
        }
    }

    [LoggerMessage(LogLevel.Information, "Listed {Kind}: {Count} objects are known.")]
    private partial void LogListed(ResourceKind kind, int count);

    [LoggerMessage(LogLevel.Information, "The list of {Kind} expired between two pages; listing it in one piece.")]
    private partial void LogListExpired(ResourceKind kind);

    [LoggerMessage(LogLevel.Information, "The watch of {Kind} is behind what the server keeps; listing again.")]
    private partial void LogExpired(ResourceKind kind);

    [LoggerMessage(LogLevel.Information, "The watch of {Kind} was interrupted and goes on: {Why}")]
    private partial void LogLost(ResourceKind kind, string why);

    [LoggerMessage(LogLevel.Warning, "{Kind} cannot be listed; it will be tried until it can: {Why}")]
    private partial void LogRefused(ResourceKind kind, string why);

    [LoggerMessage(LogLevel.Warning, "{Kind} {Key} is left out: it does not fit at {Field}.")]
    private partial void LogUnreadable(ResourceKind kind, ObjectKey key, string field);

    [LoggerMessage(LogLevel.Error, "The watch of {Kind} failed; listing again.")]
    private partial void LogFailed(Exception e, ResourceKind kind);
}
