using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.EventBridge;

/// <summary>Where the bridge delivers. Throws when the look failed; then it is delivered again.</summary>
internal interface IEventSink
{
    Task<EventAnswer> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation);
}

/// <summary>Calls the functions of this process.</summary>
internal sealed class InProcessSink(IEnumerable<IEventFunction> functions, Invocations invocations) : IEventSink
{
    private readonly Dictionary<string, IEventFunction> _functions = functions.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public Task<EventAnswer> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation) =>
        invocations.RunAsync(function, "bridge", (Function: _functions[function], Change: change), static (s, token) => s.Function.HandleAsync(s.Change, token), cancellation);
}
