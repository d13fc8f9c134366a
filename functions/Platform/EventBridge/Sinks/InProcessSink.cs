using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>Calls the functions of this process.</summary>
internal sealed class InProcessSink(IEnumerable<IEventHandler> functions, Invocations invocations) : IEventSink
{
    private readonly Dictionary<string, IEventHandler> _functions = functions.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The API server answers about this many writes at once before they queue there.</summary>
    public int Concurrency => 16;

    public async Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation) =>
        new(await invocations.RunAsync(function, "bridge", (Function: _functions[function], Change: change), static (s, token) => s.Function.HandleAsync(s.Change, token), cancellation));
}
