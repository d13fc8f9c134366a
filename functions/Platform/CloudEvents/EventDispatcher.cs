using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Takes CloudEvents to the event and timer functions, whichever way they came in (HTTP, queue, Event Grid).</summary>
/// <param name="functions">The functions that are switched on; those that take neither events nor ticks are passed over.</param>
/// <param name="reader">Tells an object's owner when the event does not.</param>
/// <param name="invocations">Counts and logs each look.</param>
/// <param name="clock">For timers.</param>
/// <param name="freshness">Asked before each look; null when functions read from no copies.</param>
internal sealed class EventDispatcher(IReadOnlyList<IHandler> functions, IKubernetesReader reader, Invocations invocations, TimeProvider clock, IFreshness? freshness = null)
{
    private const int Parallelism = 8;
    private const string NotAsked = "no function that was asked looks at objects of this kind, or at this one";

    private readonly IReadOnlyList<IHandler> _functions = [.. functions.Where(f => f is IEventHandler or ITimerHandler)];

    /// <summary>The kinds that the functions look at.</summary>
    public KindTable Kinds { get; } = KindTable.Of(functions.OfType<IEventHandler>());

    /// <summary>Whom events can be sent to.</summary>
    public IEnumerable<string> Names => _functions.Select(f => f.Name);

    public bool Knows(string function) => _functions.Any(f => Matches(f, function));

    /// <summary>
    /// Looks at every object that the events name, once: of several events of one object the newest is enough, because functions read the object again.
    /// Throws <see cref="CloudEventException"/>, before any function runs, when an event is malformed; and <see cref="NotReadyException"/> when the process has just started.
    /// </summary>
    /// <param name="events">The events. One that names a function in <see cref="ObjectAttributes.Function"/> goes to that one only.</param>
    /// <param name="only">One function, or null for every function that subscribes.</param>
    /// <param name="trigger">For the metrics: http, queue, eventgrid.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<DispatchResult> DispatchAsync(IReadOnlyList<CloudEvent> events, string? only, string trigger, CancellationToken cancellation)
    {
        var readings = events.Select(e => (Event: e, Reading: Read(e))).ToList();
        var result = new DispatchResult();
        var looks = new Dictionary<(string Function, ResourceKind Kind, ObjectKey Key), DispatchedLook>();
        foreach (var (cloudEvent, reading) in readings)
        {
            var (found, problem) = await LooksAsync(cloudEvent, reading, only, cancellation);
            foreach (var look in found)
            {
                var key = (look.Function.Name, look.Change.Object.Kind, look.Change.Object.Key);
                if (!looks.TryAdd(key, look))
                {
                    looks[key].Add(look.Change);
                }
            }

            result.Count(cloudEvent.Id!, found.Count > 0, problem);
        }

        if (looks.Count == 1)
        {
            // The common case, without a scheduler between.
            await LookAsync(looks.Values.Single(), trigger, result, cancellation);
            return result;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(looks.Values, options, async (look, token) => await LookAsync(look, trigger, result, token));
        return result;
    }

    private ObjectEventReading Read(CloudEvent cloudEvent)
    {
        var reading = ObjectEventMapping.FromCloudEvent(cloudEvent, Kinds);
        return reading.IsMalformed ? throw new CloudEventException($"An event cannot be used: {reading.Problem}.") : reading;
    }

    /// <summary>What the event asks for, or why it asks for nothing here.</summary>
    private async Task<(List<DispatchedLook> Looks, string Problem)> LooksAsync(CloudEvent cloudEvent, ObjectEventReading reading, string? only, CancellationToken cancellation)
    {
        if (reading.Event is not { } change)
        {
            return ([], reading.Problem ?? NotAsked);
        }

        var addressed = cloudEvent.TextOf(ObjectAttributes.Function);
        if (addressed is not null && !Knows(addressed))
        {
            return ([], $"the function that its attribute {ObjectAttributes.Function.Name} names is not here, or switched off");
        }

        var asked = _functions.Where(f => (only is null || Matches(f, only)) && (addressed is null || Matches(f, addressed))).ToList();
        if (TimerTick.Is(change.Object))
        {
            return ([.. asked.OfType<ITimerHandler>().Where(f => Matches(f, change.Object.Name)).Select(f => new DispatchedLook(f, change))], "the function that it is for has no timer, or was not asked");
        }

        var looks = new List<DispatchedLook>();
        var problem = NotAsked;
        foreach (var function in asked.OfType<IEventHandler>())
        {
            var routed = EventRouting.Of(function, change, reading.Metadata);
            if (routed is null && await reader.GetAsync(change.Object.Kind, change.Object.Namespace, change.Object.Name, ObjectMetaJson.Default.MetadataOnly, cancellation) is { } live)
            {
                routed = EventRouting.Of(function, change, live.Metadata);
            }

            problem = routed is null ? "its object is gone, and with it the owner that was meant" : problem;
            looks.AddRange((routed ?? []).Select(c => new DispatchedLook(function, c)));
        }

        return (looks, problem);
    }

    private async Task LookAsync(DispatchedLook look, string trigger, DispatchResult result, CancellationToken cancellation)
    {
        if (freshness is not null)
        {
            await freshness.EnsureAsync(look.Change.Object, cancellation);
        }

        try
        {
            var answer = await invocations.RunAsync(look.Function.Name, trigger, (look, clock), static (s, token) => CallAsync(s.look, s.clock, token), cancellation);
            foreach (var named in look.Named)
            {
                result.Answered(new(look.Function.Name, named, answer));
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // One object's trouble must not keep the others from being looked at; the sender learns of it in the answer.
            result.Failed(look.Function.Name, look.Change.Object, e);
        }
    }

    private static async Task<EventAnswer> CallAsync(DispatchedLook look, TimeProvider clock, CancellationToken cancellation)
    {
        if (!TimerTick.Is(look.Change.Object))
        {
            return await ((IEventHandler)look.Function).HandleAsync(look.Change, cancellation);
        }

        await ((ITimerHandler)look.Function).TickAsync(clock.GetUtcNow(), cancellation);
        return EventAnswer.Done;
    }

    private static bool Matches(IHandler function, string name) => function.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
