using System.Net;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>Two replicas of the bridge: one leads, and the other takes over.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class HandOverTests(ControlPlaneFixture cluster)
{
    private static readonly string[] Names = ["SecretProvisioning", "SecretRotation", "ProviderReconciliation"];

    [Fact]
    public async Task A_leader_that_is_told_to_end_hands_over_at_once_and_nothing_is_dropped()
    {
        var ns = await cluster.NewNamespaceAsync("handover");
        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden-bridge", new(), default);
        await using var functions = new RecordingFunctions(cluster.Client, ns, Names);
        await functions.StartAsync();
        using var one = Bridge(functions);
        using var two = Bridge(functions);
        one.Start();
        two.Start();
        var objects = new Objects(cluster.Client, ns);
        var changing = objects.ChangeAsync(200, 1200, seed: 3, TimeSpan.FromMilliseconds(40));
        for (var handOver = 0; handOver < 3; handOver++)
        {
            var leader = await LeaderAsync(one, two);
            var other = ReferenceEquals(leader, one) ? two : one;
            await other.ReadyAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await ScalerAsync(other));
            await Task.Delay(500);
            leader.Terminate();
            Assert.Same(other, await LeaderAsync(other));
            leader.Start();
        }

        await changing;
        var written = (await objects.ReadAsync()).Keys.Count(k => k.Name.StartsWith("s-", StringComparison.Ordinal));
        foreach (var function in functions.All)
        {
            await objects.AllSeenAsync(function, written);
        }
    }

    [Fact]
    public async Task A_deletion_that_the_killed_leader_did_not_tell_is_told_by_its_successor()
    {
        var ns = await cluster.NewNamespaceAsync("tombs");
        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden-bridge", new(), default);
        await using var functions = new RecordingFunctions(cluster.Client, ns, Names);
        await functions.StartAsync();
        using var one = Bridge(functions);
        using var two = Bridge(functions);
        one.Start();
        await LeaderAsync(one);
        two.Start();
        await two.ReadyAsync();
        var objects = new Objects(cluster.Client, ns);
        await objects.WriteAllAsync(20);
        await objects.AllSeenAsync(functions["SecretProvisioning"], 20);

        one.Kill();
        for (var i = 0; i < 10; i++)
        {
            await objects.DeleteAsync(i);
        }

        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden-bridge", new(), default);
        await objects.AllSeenAsync(functions["SecretProvisioning"], 10);
        Assert.Equal(10, functions["SecretProvisioning"].Seen.Count(s => s.Value.Length == 0));
    }

    private WardenChild Bridge(RecordingFunctions functions) => WardenChild.Bridge(cluster.Plane.KubeconfigPath, new Dictionary<string, string>(StringComparer.Ordinal) { ["AGENTWARDEN_SINK_URL"] = functions.Events.AbsoluteUri });

    private static async Task<WardenChild> LeaderAsync(params IReadOnlyList<WardenChild> bridges) => await Guide.UntilAsync(async () =>
    {
        foreach (var bridge in bridges)
        {
            if (await ScalerAsync(bridge) == HttpStatusCode.OK)
            {
                return bridge;
            }
        }

        return null;
    }, _ => true, _ => "no bridge leads");

    /// <summary>Only the one that leads has figures.</summary>
    private static async Task<HttpStatusCode?> ScalerAsync(WardenChild bridge)
    {
        using var http = new HttpClient();
        try
        {
            using var answer = await http.GetAsync(new Uri(bridge.Http, "scaler"));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
