using AgentWarden.EventBridge;
using AgentWarden.EventBridge.Sinks;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Composition;

/// <summary>Where a bridge process delivers, by the settings.</summary>
/// <param name="Sink">The sink.</param>
/// <param name="Besides">What runs beside it, while the bridge works.</param>
internal sealed record Sinks(IEventSink Sink, IReadOnlyList<Func<EventBridgeHost, CancellationToken, Task>> Besides)
{
    private const string Setting = "AGENTWARDEN_SINK";

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static Sinks Of(IReadOnlyList<BridgedFunction> functions, Func<string, string?> settings, TimeProvider clock, ILoggerFactory loggers) =>
        (settings(Setting) ?? "http").ToLowerInvariant() switch
        {
            "http" => new(new HttpSink(HttpSinkOptions.FromSettings(settings), Kinds(functions), clock), []),
            var unknown => throw new HostingException($"{Setting} is \"{unknown}\"; it can be http (the default), eventgrid or queue."),
        };

    private static KindTable Kinds(IReadOnlyList<BridgedFunction> functions) => new(functions.SelectMany(f => f.Subscriptions).SelectMany(s => s.Owner is { } owner ? new[] { s.Kind, owner } : [s.Kind]));
}
