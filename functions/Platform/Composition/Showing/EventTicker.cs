using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace AgentWarden.Platform.Composition.Showing;

/// <summary>Prints our Events as they happen, so that who edits an object sees the reaction.</summary>
internal sealed class EventTicker(KubernetesClient api, IAnsiConsole console, ILogger log) : IWatchHandler<ShownEvent>
{
    private volatile bool _live;

    public Task RunAsync(CancellationToken cancellation)
    {
        var events = new Reflector<ShownEvent>(api, KubernetesKinds.Event, ShownJson.Default.ShownEvent, log);
        events.Subscribe(this);
        return events.RunAsync(cancellation);
    }

    public void OnChange(ObjectChange change, ShownEvent? before, ShownEvent now)
    {
        if (_live && change != ObjectChange.Delete && now.IsOurs)
        {
            Print(console, now);
        }
    }

    public void OnSynced() => _live = true;

    public static void Print(IAnsiConsole console, ShownEvent shown)
    {
        var colour = shown.Type == "Warning" ? "yellow" : "green";
        var times = shown.Count > 1 ? $" (x{shown.Count})" : "";
        var about = shown.InvolvedObject is { } o ? $"{o.Kind} {(o.Namespace is null ? "" : o.Namespace + "/")}{o.Name}" : "";
        console.MarkupLine($"[grey]{shown.LastTimestamp?.ToLocalTime():HH:mm:ss}[/] [{colour}]{Markup.Escape(shown.Reason ?? "")}[/]{times} [bold]{Markup.Escape(about)}[/] {Markup.Escape(shown.Message ?? "")}");
    }
}
