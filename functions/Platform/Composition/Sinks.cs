using System.Globalization;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventBridge.Sinks.EventGrid;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>Where a bridge process delivers, by the settings.</summary>
/// <param name="Sink">The sink.</param>
/// <param name="Poison">What gives back the messages of a queue on which functions gave up; null for other sinks.</param>
internal sealed record Sinks(IEventSink Sink, Func<EventBridgeHost, PoisonDrain>? Poison = null)
{
    private const string Setting = "AGENTWARDEN_SINK", ReportsSetting = "AGENTWARDEN_SINK_REPORTS";
    private const string ReportWithinSetting = "AGENTWARDEN_SINK_REPORT_WITHIN";
    private const string Source = "/agent-warden/bridge";

    /// <summary>When a broker's delivery that nobody reported counts as lost; null for the bridge's own opinion.</summary>
    public TimeSpan? ReportWithin { get; private init; }

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static Sinks Of(IReadOnlyList<IHandler> functions, Func<string, string?> settings, TimeProvider clock, ILoggerFactory loggers) =>
        Chosen(functions, settings, clock, loggers) with { ReportWithin = Within(settings(ReportWithinSetting)) };

    private static Sinks Chosen(IReadOnlyList<IHandler> functions, Func<string, string?> settings, TimeProvider clock, ILoggerFactory loggers) =>
        (settings(Setting) is { Length: > 0 } chosen ? chosen.ToLowerInvariant() : "http") switch
        {
            "http" => new(new HttpSink(HttpSinkOptions.FromSettings(settings), KindTable.Of(functions.OfType<IEventHandler>()), clock,
                logger: loggers.CreateLogger("AgentWarden.HttpSink"))),
            "eventgrid" => new(Broker(EventGridSink.FromSettings(settings, Source, clock, loggers), settings)),
            "queue" => Queue(functions, settings, clock, loggers),
            var unknown => throw new HostingException($"{Setting} is \"{unknown}\"; it can be http (the default), eventgrid or queue."),
        };

    private static TimeSpan? Within(string? text) =>
        text is null or "" ? null
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.FromSeconds(1) ? time
        : throw new HostingException($"{ReportWithinSetting} is not a time of at least a second, for example 00:05:00 for five minutes.");

    private static Sinks Queue(IReadOnlyList<IHandler> functions, Func<string, string?> settings, TimeProvider clock, ILoggerFactory loggers)
    {
        var queue = StorageQueueSink.FromSettings(settings, Source, clock, loggers);
        return new(Broker(queue, settings), bridge => queue.PoisonDrain(functions, (function, change) =>
        {
            bridge.GaveUp(function, change);
            return Task.CompletedTask;
        }));
    }

    /// <summary>Functions that cannot reach the bridge cannot report: then what the broker has counts as done.</summary>
    private static IEventSink Broker(IEventSink sink, Func<string, string?> settings) =>
        Switch.IsOn(settings, ReportsSetting) ? sink : new UnreportedSink(sink);
}
