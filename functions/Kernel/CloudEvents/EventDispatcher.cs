using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Kernel.CloudEvents;

/// <summary>Takes CloudEvents to the event functions, whichever way they came in (HTTP, queue, Event Grid).</summary>
internal sealed class EventDispatcher(IReadOnlyList<IEventFunction> functions, Invocations invocations)
{
    private const int Parallelism = 8;

    private readonly KindTable _kinds = KindTable.Of(functions);

    public IReadOnlyList<IEventFunction> Functions { get; } = functions;

    public IEventFunction? Find(string name) => Functions.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Looks at every object that the events name, once: of several events of one object the last is enough, because functions read the object again.
    /// Throws <see cref="CloudEventException"/>, before any function runs, when an event is malformed.
    /// </summary>
    /// <param name="events">The events.</param>
    /// <param name="only">One function, or null for every function that subscribes to the kind.</param>
    /// <param name="trigger">For the metrics: http, queue, eventgrid.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<DispatchResult> DispatchAsync(IReadOnlyList<CloudEvent> events, IEventFunction? only, string trigger, CancellationToken cancellation)
    {
        var result = new DispatchResult();
        var looks = new Dictionary<(string Function, ResourceKind Kind, ObjectKey Key), (IEventFunction Function, ObjectEvent Change)>();
        foreach (var cloudEvent in events)
        {
            var reading = ObjectEventMapping.FromCloudEvent(cloudEvent, _kinds);
            if (reading.IsMalformed)
            {
                throw new CloudEventException($"An event cannot be used: {reading.Problem}.");
            }

            var takers = reading.Event is { } change ? Takers(change, only) : [];
            foreach (var function in takers)
            {
                looks[(function.Name, reading.Event!.Object.Kind, reading.Event.Object.Key)] = (function, reading.Event);
            }

            result.Count(cloudEvent.Id, takers.Count > 0, reading.Problem ?? "no function that was asked looks at objects of this kind");
        }

        if (looks.Count == 1)
        {
            // The common case, without a scheduler between.
            var (function, change) = looks.Values.Single();
            await LookAsync(function, change, trigger, result, cancellation);
            return result;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(looks.Values, options, async (look, token) => await LookAsync(look.Function, look.Change, trigger, result, token));
        return result;
    }

    private List<IEventFunction> Takers(ObjectEvent change, IEventFunction? only) =>
        [.. Functions.Where(f => (only is null || ReferenceEquals(f, only)) && KindTable.Kinds(f).Any(k => k.Group == change.Object.Kind.Group && k.Kind == change.Object.Kind.Kind))];

    private async Task LookAsync(IEventFunction function, ObjectEvent change, string trigger, DispatchResult result, CancellationToken cancellation)
    {
        try
        {
            var answer = await invocations.RunAsync(function.Name, trigger, (function, change), static (s, token) => s.function.HandleAsync(s.change, token), cancellation);
            result.Answered(function.Name, change.Object, answer);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // One object's trouble must not keep the others from being looked at; the sender learns of it in the answer.
            result.Failed(function.Name, change.Object, e);
        }
    }
}
