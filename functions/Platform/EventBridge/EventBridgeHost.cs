using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge;

/// <summary>
/// Watch events in, deliveries out. Each function has its own queue, its own gate and its own workers, so a slow, failing or absent
/// function holds up nobody else; each object is under way at most once per function.
/// </summary>
/// <remarks>The bridge sees metadata only, and what it passes on only names objects: no secret value comes through here.</remarks>
internal sealed class EventBridgeHost : IBacklog, IChangeListener
{
    /// <summary>After the stop: how long what is under way may still take.</summary>
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(10);

    /// <summary>Brokers try for a minute or two, so what was not reported then is lost; a second delivery is harmless.</summary>
    private static readonly TimeSpan ReportWithin = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Subscriber> _subscribers;
    private readonly RecentDeletions _deletions;
    private volatile bool _works;
    private Action<string>? _onWork;

    public EventBridgeHost(IEnumerable<BridgedFunction> functions, IEventSink sink, TimeProvider clock, ILogger log, BackoffOptions? backoff = null, TimeSpan? reportWithin = null, AgentWardenMetrics? metrics = null)
    {
        _deletions = new(clock);
        _subscribers = functions.ToDictionary(f => f.Name, f => new Subscriber(f, new(clock, backoff ?? new()) { OnWork = () => _onWork?.Invoke(f.Name) }, sink, new(clock), reportWithin ?? ReportWithin, metrics, log), StringComparer.OrdinalIgnoreCase);
        Functions = [.. _subscribers.Values.Select(s => s.Function.Name)];
    }

    public IReadOnlyList<string> Functions { get; }

    /// <summary>True while this process does the work; another one of the same cluster may.</summary>
    public bool Works => _works;

    /// <summary>Takes one watch event. Of what was before a start only what is gone is remembered: everything else is looked at anyway.</summary>
    public void OnChange(ResourceKind kind, ObjectChange change, ObjectMeta? before, ObjectMeta now)
    {
        if (change == ObjectChange.Delete)
        {
            // Also while it works: what is not looked at when the Lease is lost would be forgotten. And first, so that no start comes between.
            _deletions.Add(kind, now);
        }

        if (_works)
        {
            Tell(kind, change, before, now, isFirstLook: false);
        }
    }

    /// <summary>Looks at everything there is and then at what changes, until cancelled; looks under way are finished first.</summary>
    public async Task RunAsync(IWatchedObjects objects, CancellationToken cancellation)
    {
        // From now on changes are taken; what is told twice, by the watch and by the walk, is one look.
        _works = true;
        using var farewell = new CancellationTokenSource();
        await using var patience = cancellation.Register(() => farewell.CancelAfter(FarewellPatience));
        var loops = _subscribers.Values.SelectMany(s => s.Start(cancellation, farewell.Token)).ToList();
        foreach (var (kind, last) in _deletions.TakeAll())
        {
            Tell(kind, ObjectChange.Delete, before: null, last, isFirstLook: false);
        }

        objects.ForEach((kind, metadata) => Tell(kind, ObjectChange.Add, before: null, metadata, isFirstLook: true));
        // Where every event function is switched off there are no loops, and whoever ends by itself ends the process.
        loops.Add(Task.Delay(Timeout.Infinite, cancellation));
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _works = false;
        foreach (var subscriber in _subscribers.Values)
        {
            subscriber.Queue.Clear();
            _onWork?.Invoke(subscriber.Function.Name);
        }
    }

    /// <summary>Asks a function to look at an object, as a due timer does.</summary>
    public void Ask(string function, ObjectEvent change)
    {
        if (_works && _subscribers.TryGetValue(function, out var subscriber))
        {
            subscriber.Queue.Add(change, subscriber.Function.AtMostEvery(change.Object.Kind));
        }
    }

    /// <summary>A function looked at an object outside of a delivery that waits for its answer. False when it is no function of this bridge.</summary>
    public bool Reported(string function, ObjectReference about, EventAnswer answer)
    {
        if (!_subscribers.TryGetValue(function, out var subscriber))
        {
            return false;
        }

        subscriber.Follow(answer);
        subscriber.Queue.Reported(about, (answer.Next as Outcome.LookAgain)?.At);
        return true;
    }

    /// <summary>A broker gave an event up after several attempts: the object comes back after a backoff.</summary>
    public void GaveUp(string function, ObjectEvent change)
    {
        if (_works && _subscribers.TryGetValue(function, out var subscriber))
        {
            subscriber.Queue.GaveUp(change);
        }
    }

    /// <summary>Figures per function, for metrics. Costs a walk over what is queued.</summary>
    public IEnumerable<(string Function, QueueFigures Figures)> Figures() => _subscribers.Values.Select(s => (s.Function.Name, s.Queue.Figures()));

    /// <summary>The functions that the sink does not reach now; none while it stands by, for it does not try.</summary>
    public IEnumerable<string> Away() => !_works ? [] : _subscribers.Values.Where(s => s.Gate.IsAway).Select(s => s.Function.Name);

    public BacklogFigures Read(string function)
    {
        var counters = _subscribers[function].Queue.Counters;
        return new(counters[EntryState.Ready], counters[EntryState.InFlight] + counters[EntryState.HandedOver], counters[EntryState.Delayed], counters.Failing);
    }

    public IDisposable OnWork(Action<string> arrived)
    {
        lock (_subscribers)
        {
            _onWork += arrived;
        }

        return new Ending(() =>
        {
            lock (_subscribers)
            {
                _onWork -= arrived;
            }
        });
    }

    private void Tell(ResourceKind kind, ObjectChange change, ObjectMeta? before, ObjectMeta now, bool isFirstLook)
    {
        // One for all functions: fifty thousand objects are waited for by several of them.
        ObjectEvent? itself = null;
        foreach (var subscriber in _subscribers.Values)
        {
            foreach (var subscription in subscriber.Function.Subscriptions)
            {
                if (subscription.Kind == kind && SubscriptionMapping.Map(subscription, change, before, now) is { } mapped)
                {
                    subscriber.Queue.Add(subscription.Owner is null ? itself ??= mapped : mapped, subscription.AtMostEvery, isFirstLook);
                }
            }
        }
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
