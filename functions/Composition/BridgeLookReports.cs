using AgentWarden.EventBridge;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Composition;

/// <summary>
/// Gives wishes to the event bridge of this process. An object that wants another look at a time is looked at by the bridge at once,
/// and with the answer the bridge has the time.
/// </summary>
internal sealed class BridgeLookReports(EventBridgeHost bridge) : ILookReports
{
    public Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation)
    {
        foreach (var look in looks)
        {
            foreach (var target in look.Answer.Next is Outcome.LookAgain ? look.Answer.FollowUps.Prepend(look.Object) : look.Answer.FollowUps)
            {
                bridge.OnChange(target.Kind, ObjectChange.Update, null, new ObjectMeta { Name = target.Name, Namespace = target.Namespace, Uid = target.Uid });
            }
        }

        return Task.CompletedTask;
    }
}
