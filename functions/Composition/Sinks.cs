using AgentWarden.EventBridge;
using AgentWarden.EventBridge.Sinks;
using AgentWarden.EventBridge.Sinks.EventGrid;
using AgentWarden.EventBridge.Sinks.StorageQueue;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Composition;

/// <summary>Where a bridge process delivers, by the settings.</summary>
/// <param name="Sink">The sink.</param>
/// <param name="Beside">What runs beside it, while the bridge works; null for nothing.</param>
internal sealed record Sinks(IEventSink Sink, Func<EventBridgeHost, CancellationToken, Task>? Beside = null)
{
    private const string Setting = "AGENTWARDEN_SINK", ReportsSetting = "AGENTWARDEN_SINK_REPORTS";
    private const string Source = "/agent-warden/bridge";

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static Sinks Of(IReadOnlyList<IEventFunction> functions, Func<string, string?> settings, TimeProvider clock, ILoggerFactory loggers) =>
        (settings(Setting) is { Length: > 0 } chosen ? chosen.ToLowerInvariant() : "http") switch
        {
            "http" => new(new HttpSink(HttpSinkOptions.FromSettings(settings), KindTable.Of(functions), clock)),
            "eventgrid" => new(Broker(EventGridSink.FromSettings(settings, Source, clock, loggers), settings)),
            "queue" => Queue(functions, settings, clock, loggers),
            var unknown => throw new HostingException($"{Setting} is \"{unknown}\"; it can be http (the default), eventgrid or queue."),
        };

    private static Sinks Queue(IReadOnlyList<IEventFunction> functions, Func<string, string?> settings, TimeProvider clock, ILoggerFactory loggers)
    {
        var queue = StorageQueueSink.FromSettings(settings, Source, clock, loggers);
        return new(Broker(queue, settings), (bridge, cancellation) => queue.PoisonDrain(functions, (function, change) =>
        {
            bridge.GaveUp(function, change);
            return Task.CompletedTask;
        }).RunAsync(cancellation));
    }

    /// <summary>Functions that cannot reach the bridge cannot report: then what the broker has counts as done.</summary>
    private static IEventSink Broker(IEventSink sink, Func<string, string?> settings) =>
        string.Equals(settings(ReportsSetting), "false", StringComparison.OrdinalIgnoreCase) ? new UnreportedSink(sink) : sink;
}
