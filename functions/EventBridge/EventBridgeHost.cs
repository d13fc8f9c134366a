using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.EventBridge;

/// <summary>
/// Watch events in, function calls out. Each function has its own queue and its own workers, so a slow or failing
/// function holds up nobody else; each object is in flight at most once per function.
/// </summary>
/// <remarks>The bridge sees metadata only, and what it passes on only names objects: no secret value comes through here.</remarks>
internal sealed partial class EventBridgeHost
{
    private readonly ILogger _log;
    private readonly IEventSink _sink;
    private readonly Dictionary<string, Subscriber> _subscribers;

    public EventBridgeHost(IEnumerable<IEventFunction> functions, IEventSink sink, TimeProvider clock, ILogger log, BackoffOptions? backoff = null)
    {
        (_log, _sink) = (log, sink);
        _subscribers = functions.ToDictionary(f => f.Name, f => new Subscriber(f, new FunctionQueue(clock, backoff ?? new())), StringComparer.Ordinal);
    }

    /// <summary>Looks at one function's object in flight at a time per worker; the API server answers about this many writes at once before they queue there.</summary>
    public int WorkersPerFunction { get; init; } = 16;

    /// <summary>Takes one watch event.</summary>
    public void OnChange(ResourceKind kind, ObjectChange change, ObjectMeta? before, ObjectMeta now)
    {
        foreach (var subscriber in _subscribers.Values)
        {
            foreach (var subscription in subscriber.Function.Subscriptions)
            {
                if (subscription.Kind == kind && SubscriptionMapping.Map(subscription, change, before, now) is { } mapped)
                {
                    subscriber.Queue.Add(mapped, subscription.AtMostEvery);
                }
            }
        }
    }

    /// <summary>Runs the workers until cancelled; in-flight looks are finished first.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var loops = _subscribers.Values.SelectMany(s => Enumerable.Range(0, WorkersPerFunction).Select(_ => WorkAsync(s, cancellation)).Append(s.Queue.ReleaseDueAsync(cancellation)));
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Figures per function, for metrics and readiness.</summary>
    public IEnumerable<(string Function, QueueFigures Figures)> Figures() => _subscribers.Select(s => (s.Key, s.Value.Queue.Figures()));

    private async Task WorkAsync(Subscriber subscriber, CancellationToken cancellation)
    {
        // Off the caller's thread at once: the caller starts many of these.
        await Task.Yield();
        while (!cancellation.IsCancellationRequested)
        {
            ObjectEvent change;
            try
            {
                change = await subscriber.Queue.TakeAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await LookAsync(subscriber, change);
        }
    }

    private async Task LookAsync(Subscriber subscriber, ObjectEvent change)
    {
        try
        {
            // A look that has begun is finished: a stop in the middle would only repeat it later.
            var answer = (await _sink.DeliverAsync(subscriber.Function.Name, change, CancellationToken.None)).Answer ?? EventAnswer.Done;
            foreach (var next in answer.FollowUps)
            {
                subscriber.Queue.Add(new(ObjectChange.Update, next), subscriber.AtMostEvery(next.Kind));
            }

            subscriber.Queue.Succeeded(change.Object, answer.Next is Kernel.Planning.Outcome.LookAgain again ? again.At : null);
        }
#pragma warning disable CA1031 // Whatever a function throws is a fault of this one look, and is retried.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var kubernetes = failure as KubernetesException;
            var delay = subscriber.Queue.Failed(change.Object, kubernetes?.RetryAfter);
            if (kubernetes is { IsConflict: true } or { IsAlreadyExists: true })
            {
                // The facts were stale: looking again is the normal way on, not a fault worth a warning.
                LogStale(subscriber.Function.Name, change.Object.Kind.Kind, change.Object.Namespace, change.Object.Name);
            }
            else
            {
                LogFailed(subscriber.Function.Name, change.Object.Kind.Kind, change.Object.Namespace, change.Object.Name, delay);
            }
        }
    }

    private sealed record Subscriber(IEventFunction Function, FunctionQueue Queue)
    {
        /// <summary>What the function asked for where it subscribes to the kind itself.</summary>
        public TimeSpan AtMostEvery(ResourceKind kind) => Function.Subscriptions.FirstOrDefault(s => s.Kind == kind && s.Owner is null)?.AtMostEvery ?? TimeSpan.Zero;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Function}: {Kind} {Namespace}/{Name} changed while it was looked at; looking again")]
    private partial void LogStale(string function, string kind, string? @namespace, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: {Kind} {Namespace}/{Name} is looked at again in {Delay}: the last look failed")]
    private partial void LogFailed(string function, string kind, string? @namespace, string name, TimeSpan delay);
}
