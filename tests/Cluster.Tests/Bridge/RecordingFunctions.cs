using System.Collections.Concurrent;
using AgentWarden.ControlPlane;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>
/// Stands where the functions are, behind the real event intake on a real socket: reads the object from the API server, as a function would, and notes the version that it saw.
/// It can be absent, slow and failing.
/// </summary>
internal sealed class RecordingFunctions : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Recorder> _functions;
    private readonly FunctionsEndpoint _endpoint;

    /// <param name="api">Where the objects are read.</param>
    /// <param name="ns">Objects of other namespaces are not noted.</param>
    /// <param name="names">The functions' names: those of real ones, because the bridge knows what they subscribe to.</param>
    public RecordingFunctions(KubernetesClient api, string ns, params IEnumerable<string> names) : this(names.Select(n => new Recorder(n, ns, api)), api)
    {
    }

    public RecordingFunctions(IEnumerable<Recorder> functions, KubernetesClient api)
    {
        _functions = new(functions.ToDictionary(f => f.Name), StringComparer.Ordinal);
        _endpoint = new(_functions.Values, api, LoopbackPorts.Next());
    }

    public Uri Events => _endpoint.Events;

    public Recorder this[string function] => _functions[function];

    public IEnumerable<Recorder> All => _functions.Values;

    public Task StartAsync() => _endpoint.StartAsync(CancellationToken.None);

    /// <summary>Gone at once: what is under way is cut.</summary>
    public Task StopAsync() => _endpoint.StopAsync();

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();
}

/// <summary>One function that only notes what it saw.</summary>
internal sealed class Recorder(string name, string ns, KubernetesClient api) : IEventHandler, ITimerHandler
{
    private readonly ConcurrentDictionary<ObjectKey, string> _seen = new();
    private readonly ConcurrentDictionary<ObjectKey, byte> _underWay = new();
    private int _looks, _ticks, _atOnce;

    public string Name => name;

        public HostedParts Part => HostedParts.Events;

    public IReadOnlyList<AccessRule> Access => [];

    public IReadOnlyList<Subscription> Subscriptions { get; } = [new(KubernetesKinds.Secret), new(KubernetesKinds.Namespace), new(Credentials.CredentialKinds.LLMAccess), new(Credentials.CredentialKinds.LLMProvider)];

    /// <summary>What happens before the look: a wait, or a failure.</summary>
    public Func<ObjectReference, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>False to note the event alone, for tests of many thousands.</summary>
    public bool Reads { get; init; } = true;

    /// <summary>What each look answers.</summary>
    public Func<ObjectReference, EventAnswer> Answer { get; set; } = _ => EventAnswer.Done;

    /// <summary>The version at the last look, by object; empty for an object that was gone.</summary>
    public IReadOnlyDictionary<ObjectKey, string> Seen => _seen;

    public int Looks => _looks;

    public int Ticks => _ticks;

    /// <summary>Looks of one object that ran at the same time, in addition to the one that may.</summary>
    public int TwiceAtOnce => _atOnce;

    public async Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
    {
        var target = change.Object;
        if (target.Kind != KubernetesKinds.Secret || target.Namespace != ns)
        {
            return EventAnswer.Done;
        }

        Interlocked.Increment(ref _looks);
        if (!_underWay.TryAdd(target.Key, 0))
        {
            Interlocked.Increment(ref _atOnce);
        }

        try
        {
            await Before(target);
            var live = Reads ? await api.GetAsync(target.Kind, target.Namespace, target.Name, ObjectMetaJson.Default.MetadataOnly, cancellation) : null;
            _seen[target.Key] = Reads ? live?.Metadata.ResourceVersion ?? "" : target.ResourceVersion ?? "";
            return Answer(target);
        }
        finally
        {
            _underWay.TryRemove(target.Key, out _);
        }
    }

    public Task TickAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _ticks);
        return Task.CompletedTask;
    }
}
