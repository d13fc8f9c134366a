using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>
/// Marks the pod that leads with a label that a Service selects, so that the scaler's callers and the functions' reports reach the one replica that has the queues.
/// </summary>
/// <param name="reader">Finds who else has the label.</param>
/// <param name="writer">Sets and removes it.</param>
/// <param name="ns">Our namespace.</param>
/// <param name="pod">Our pod's name.</param>
/// <param name="value">The label's value: the name of the Lease that is led by.</param>
/// <param name="log">For what cannot be labelled.</param>
internal sealed partial class LeaderLabel(IKubernetesReader reader, IKubernetesWriter writer, string ns, string pod, string value, ILogger log)
{
    public const string Key = "agent-warden.io/leads";

    /// <summary>Between attempts, and between looks whether the label is still where it belongs.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(3);

    /// <summary>Holds the label while the work runs. Taken away by hand, it would leave the scaler's Service without an endpoint: it comes back.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await TryTakeAsync(cancellation);
                await Task.Delay(Again, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            using var patience = new CancellationTokenSource(FarewellPatience);
            await TryAsync(() => SetAsync(pod, label: null, patience.Token));
        }
    }

    private Task TryTakeAsync(CancellationToken cancellation) => TryAsync(async () =>
    {
        var ours = false;
        // The one before us may have died without a farewell.
        await foreach (var other in reader.ListAsync(KubernetesKinds.Pod, ns, new() { LabelSelector = $"{Key}={value}", MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, cancellation))
        {
            if (other.Metadata.Name == pod)
            {
                ours = true;
            }
            else
            {
                await SetAsync(other.Metadata.Name, label: null, cancellation);
            }
        }

        if (!ours)
        {
            await SetAsync(pod, value, cancellation);
        }
    });

    private async Task TryAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            LogFailed(pod, Key, e is KubernetesException refused ? refused.Message : "no time was left");
        }
    }

    private Task<ObjectMeta> SetAsync(string name, string? label, CancellationToken cancellation) =>
        writer.PatchAsync(KubernetesKinds.Pod, ns, name, subresource: null, PatchKind.Merge, "agent-warden-leader", Body(label), cancellation);

    private static byte[] Body(string? label) =>
        Encoding.UTF8.GetBytes(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [Key] = label } } }.ToJsonString());

    [LoggerMessage(LogLevel.Warning, "The label {Label} of pod {Pod} could not be changed: {Why}")]
    private partial void LogFailed(string pod, string label, string why);
}
