using AgentWarden.ClusterTests.Kernel.Kubernetes;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>What goes wrong between a change and the look at it. Afterwards every object was looked at as it is now: counted, object by object.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DeliveryFaultTests(ControlPlaneFixture cluster)
{
    private const string Healthy = "SecretProvisioning", Slow = "SecretRotation", Failing = "ProviderReconciliation";

    [Fact]
    public async Task A_sink_that_is_away_costs_nothing_but_time()
    {
        var (ns, objects) = await NewAsync();
        await using var functions = new RecordingFunctions(cluster.Client, ns, Healthy, Slow, Failing);
        await using var bridge = BridgeInside.Start(cluster.Connection, functions.Events);
        await functions.StartAsync();
        await objects.WriteAllAsync(200);
        await objects.AllSeenAsync(functions[Healthy], 200);

        await functions.StopAsync();
        await objects.ChangeAsync(200, 1000, seed: 1, TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < 20; i++)
        {
            await objects.DeleteAsync(i);
        }

        // What waits is the work of those objects, once each (other tests' namespaces may be ending meanwhile); no failures are counted.
        var waiting = bridge.Process.Bridge.Figures().Single(f => f.Function == Healthy).Figures;
        Assert.True(waiting.Ready + waiting.InFlight >= 20);
        Assert.Equal(0, waiting.Failing);
        var looks = functions[Healthy].Looks;
        await functions.StartAsync();
        foreach (var function in functions.All)
        {
            await objects.AllSeenAsync(function, 180);
            Assert.Equal(0, function.TwiceAtOnce);
        }

        Assert.InRange(functions[Healthy].Looks - looks, 20, 250);
    }

    [Fact]
    public async Task Slow_and_failing_functions_do_not_starve_a_healthy_one()
    {
        var (ns, objects) = await NewAsync();
        await using var functions = new RecordingFunctions(cluster.Client, ns, Healthy, Slow, Failing);
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        functions[Slow].Before = _ => hold.Task;
        functions[Failing].Before = _ => hold.Task.IsCompleted ? Task.CompletedTask : throw new InvalidOperationException("always");
        await functions.StartAsync();
        await using var bridge = BridgeInside.Start(cluster.Connection, functions.Events);
        await objects.WriteAllAsync(300);
        await objects.AllSeenAsync(functions[Healthy], 300);
        Assert.Empty(functions[Slow].Seen);
        Assert.Empty(functions[Failing].Seen);
        await Guide.UntilAsync(() => Task.FromResult<object?>(functions[Slow].Looks >= 16 ? "all" : null), _ => true, _ => $"only {functions[Slow].Looks} slow looks are under way");
        Assert.Equal(16, functions[Slow].Looks);

        hold.SetResult();
        await objects.AllSeenAsync(functions[Slow], 300);
        await objects.AllSeenAsync(functions[Failing], 300);
    }

    [Fact]
    public async Task A_watch_that_expired_while_the_bridge_was_cut_off_loses_no_change_and_no_deletion()
    {
        var (ns, objects) = await NewAsync();
        await using var functions = new RecordingFunctions(cluster.Client, ns, Healthy);
        await functions.StartAsync();
        using var tap = new Tap(cluster.Plane.Server);
        var cutOff = new ClusterConnection { Server = tap.Address, Authorities = cluster.Connection.Authorities, Credentials = cluster.Connection.Credentials, Description = "tap" };
        await using var bridge = BridgeInside.Start(cutOff, functions.Events);
        await objects.WriteAllAsync(200);
        await objects.AllSeenAsync(functions[Healthy], 200);

        tap.Close();
        await objects.ChangeAsync(200, 400, seed: 2, TimeSpan.Zero);
        for (var i = 0; i < 30; i++)
        {
            await objects.DeleteAsync(i);
        }

        // After its restart the API server has no memory of the versions in between, and etcd has none either.
        await Etcd.CompactAsync(cluster.Plane.EtcdClientUrl);
        await cluster.Plane.RestartApiServerAsync(TimeSpan.Zero, kill: true);
        tap.Open();
        await objects.AllSeenAsync(functions[Healthy], 170);
        Assert.Equal(30, functions[Healthy].Seen.Count(s => s.Value.Length == 0));
    }

    [Fact]
    public async Task Two_shards_share_the_objects_and_none_is_left_out()
    {
        await using var functions = new RecordingFunctions(cluster.Client, "unused", Healthy);
        await functions.StartAsync();
        await using var one = BridgeInside.Start(cluster.Connection, functions.Events, new(0, 2));
        await using var two = BridgeInside.Start(cluster.Connection, functions.Events, new(1, 2));
        var namespaces = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            namespaces.Add(await cluster.NewNamespaceAsync("shard"));
            await new Objects(cluster.Client, namespaces[i]).WriteAllAsync(10);
        }

        await one.Process.Watches.WaitForSyncAsync(default);
        await two.Process.Watches.WaitForSyncAsync(default);
        await Guide.UntilAsync(() => Task.FromResult<object?>(Known(one).Intersect(Known(two), StringComparer.Ordinal).Any() || Known(one).Concat(Known(two)).Count() < 60 ? null : "shared"), _ => true, _ => "the shards do not share the objects without a rest");

        IEnumerable<string> Known(BridgeInside bridge)
        {
            var known = new List<string>();
            bridge.Process.Watches.ForEach((kind, metadata) =>
            {
                if (kind == KubernetesKinds.Secret && namespaces.Contains(metadata.Namespace!, StringComparer.Ordinal) && metadata.Name.StartsWith("s-", StringComparison.Ordinal))
                {
                    known.Add($"{metadata.Namespace}/{metadata.Name}");
                }
            });
            return known;
        }
    }

    private async Task<(string Namespace, Objects Objects)> NewAsync()
    {
        var ns = await cluster.NewNamespaceAsync("deliveries");
        return (ns, new(cluster.Client, ns));
    }
}
