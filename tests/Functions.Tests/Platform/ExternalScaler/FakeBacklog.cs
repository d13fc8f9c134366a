using System.Collections.Concurrent;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>A backlog that tests set. Like the bridge, it calls when a function that had no work gets some.</summary>
internal sealed class FakeBacklog(params string[] functions) : IBacklog
{
    public bool Works { get; set; } = true;

    private readonly ConcurrentDictionary<string, BacklogFigures> _figures = new(functions.Select(f => KeyValuePair.Create(f, default(BacklogFigures))), StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Subscription, Action<string>> _callbacks = new();

    /// <summary>Called before figures are read: a test may change them at that very moment.</summary>
    public Action<string>? BeforeRead { get; set; }

    public IReadOnlyList<string> Functions => functions;

    public int Subscriptions => _callbacks.Count;

    public BacklogFigures Read(string function)
    {
        BeforeRead?.Invoke(function);
        return _figures[function];
    }

    public IDisposable OnWork(Action<string> arrived)
    {
        var subscription = new Subscription(this);
        _callbacks[subscription] = arrived;
        return subscription;
    }

    public void Set(string function, int waiting, int inFlight = 0, int delayed = 0, int failing = 0)
    {
        var before = _figures[function].Work;
        _figures[function] = new(waiting, inFlight, delayed, failing);
        if (before == 0 && waiting + inFlight > 0)
        {
            foreach (var callback in _callbacks.Values)
            {
                callback(function);
            }
        }
    }

    private sealed class Subscription(FakeBacklog backlog) : IDisposable
    {
        public void Dispose() => backlog._callbacks.TryRemove(this, out _);
    }
}
