using AgentWarden.Platform.CloudEvents;

namespace AgentWarden.Platform.EventBridge;

/// <summary>Carries wishes out in this process. They last as long as it does: after a start, changes and the functions' timers lead to the same looks again.</summary>
internal sealed class LocalLookReports(EventBridgeHost bridge) : ILookReports
{
    public Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation)
    {
        // A replica that does not lead has nothing to keep them in; the one that does looks at everything itself.
        foreach (var look in bridge.Works ? looks : [])
        {
            bridge.Reported(look.Function, look.Object, look.Answer);
        }

        return Task.CompletedTask;
    }
}
