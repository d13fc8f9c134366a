using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.EventBridge;

/// <summary>Where the bridge delivers. Throws when the look failed; then it is delivered again.</summary>
internal interface IEventSink
{
    Task<EventAnswer> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation);
}

/// <summary>Calls the functions of this process.</summary>
internal sealed class InProcessSink(IEnumerable<IEventFunction> functions) : IEventSink
{
    private readonly Dictionary<string, IEventFunction> _functions = functions.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public Task<EventAnswer> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation) =>
        _functions[function].HandleAsync(change, cancellation);
}
