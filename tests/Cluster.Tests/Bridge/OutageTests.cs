using AgentWarden.ControlPlane;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The functions are away for minutes. A control plane of its own, so that this waits beside the other tests and not before them.</summary>
public sealed class OutageTests
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(130);

    [Fact]
    public async Task Two_minutes_without_anybody_to_deliver_to_lose_nothing_and_end_at_once()
    {
        await using var plane = await LocalControlPlane.StartAsync(new LocalControlPlaneOptions { WithControllerManager = false });
        using var api = new KubernetesClient(ClusterConnection.FromKubeConfig(plane.KubeconfigPath));
        await new Platform.Composition.Installing.Installer(api).InstallAsync(progress: null, default);
        const string ns = "default";
        await using var functions = new RecordingFunctions(api, ns, "SecretProvisioning", "SecretRotation", "ProviderReconciliation");
        using var bridge = WardenChild.Bridge(plane.KubeconfigPath, new Dictionary<string, string>(StringComparer.Ordinal) { ["AGENTWARDEN_SINK_URL"] = functions.Events.AbsoluteUri });
        bridge.Start();
        await functions.StartAsync();
        var objects = new Objects(api, ns);
        await objects.WriteAllAsync(100);
        await objects.AllSeenAsync(functions["SecretProvisioning"], 100);

        await functions.StopAsync();
        var away = DateTime.UtcNow;
        await objects.ChangeAsync(100, 600, seed: 5, TimeSpan.FromMilliseconds(700));
        for (var i = 0; i < 10; i++)
        {
            await objects.DeleteAsync(i);
        }

        var rest = Outage - (DateTime.UtcNow - away);
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        await functions.StartAsync();
        foreach (var function in functions.All)
        {
            await objects.AllSeenAsync(function, 90);
        }
    }
}
