using System.Diagnostics.Metrics;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Platform.Composition;

/// <summary>The event bridge's figures as metrics, for each function.</summary>
internal static class BridgeMetrics
{
    public static void Observe(AgentWardenMetrics metrics, EventBridgeHost bridge)
    {
        IEnumerable<Measurement<long>> Each(Func<QueueFigures, long> figure) =>
            bridge.Figures().Select(f => new Measurement<long>(figure(f.Figures), new KeyValuePair<string, object?>("function", f.Function)));
        metrics.Observe("agentwarden.bridge.backlog", "Objects that wait to be looked at.", () => Each(f => f.Ready));
        metrics.Observe("agentwarden.bridge.in_flight", "Objects that are being looked at.", () => Each(f => f.InFlight));
        metrics.Observe("agentwarden.bridge.handed_over", "Objects whose event is with a broker, and whose look was not reported yet.", () => Each(f => f.HandedOver));
        metrics.Observe("agentwarden.bridge.delayed", "Objects to be looked at later: due times and retries.", () => Each(f => f.Delayed));
        metrics.Observe("agentwarden.bridge.failing", "Objects whose last look failed.", () => Each(f => f.Failing));
        metrics.Observe("agentwarden.bridge.oldest_seconds", "Age of the oldest change that was not looked at.", () => Each(f => (long)f.Oldest.TotalSeconds));
        metrics.Observe("agentwarden.bridge.sink_away", "1 while the function is not reached, and its work waits.", () =>
        {
            var away = bridge.Away().ToHashSet(StringComparer.Ordinal);
            return bridge.Functions.Select(f => new Measurement<long>(away.Contains(f) ? 1 : 0, new KeyValuePair<string, object?>("function", f)));
        });
    }

    /// <summary>Figures of a Storage queue, as of its last round; nothing for other sinks.</summary>
    public static void Observe(AgentWardenMetrics metrics, PoisonDrain? poison)
    {
        if (poison is null)
        {
            return;
        }

        IEnumerable<Measurement<long>> Each(Func<PoisonFigures, long> figure) =>
            poison.Figures.Select(f => new Measurement<long>(figure(f), new KeyValuePair<string, object?>("function", f.Function)));
        metrics.Observe("agentwarden.queue.waiting", "Messages in the function's event queue, hidden ones too; approximate.", () => Each(f => f.Waiting));
        metrics.Observe(
            "agentwarden.queue.handed_back", "Deliveries on which the functions' host gave up, and which the bridge delivers again.", () => Each(f => f.HandedBack));
        metrics.Observe(
            "agentwarden.queue.parked", "Messages that nobody can deliver, and that wait for an operator; approximate.", () => Each(f => f.Parked));
    }
}
