using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.ClusterTests.Kernel.Kubernetes;

[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class LeaseElectorClusterTests(ControlPlaneFixture cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>A leader that stands still for half of it, on a busy machine, leads no more.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_leader_that_stops_hands_over_and_two_never_lead_at_once()
    {
        var ns = await cluster.NewNamespaceAsync();
        var shared = new Shared();
        using CancellationTokenSource stopA = new(), stopB = new();
        // A lease of an hour: only a release can make the second take over within the test's patience.
        var a = RunAsync(cluster.Client, ns, "a", TimeSpan.FromHours(1), shared, stopA.Token);
        await shared.LedAsync("a");
        var b = RunAsync(cluster.Client, ns, "b", TimeSpan.FromHours(1), shared, stopB.Token);
        await Task.Delay(500);
        Assert.False(shared.HasLed("b"));

        await stopA.CancelAsync();
        await a.WaitAsync(Patience);
        await shared.LedAsync("b");
        await stopB.CancelAsync();
        await b.WaitAsync(Patience);

        Assert.Equal(1, shared.Most);
    }

    [Fact]
    public async Task A_leader_that_cannot_reach_the_server_stops_before_another_takes_over()
    {
        var ns = await cluster.NewNamespaceAsync();
        var shared = new Shared();
        using var tap = new Tap(cluster.Plane.Server);
        using var cutOff = new KubernetesClient(new ClusterConnection { Server = tap.Address, Authorities = cluster.Connection.Authorities, Credentials = cluster.Connection.Credentials, Description = "tap" });
        using var stop = new CancellationTokenSource();
        var a = RunAsync(cutOff, ns, "a", Short, shared, stop.Token);
        await shared.LedAsync("a");
        var b = RunAsync(cluster.Client, ns, "b", Short, shared, stop.Token);

        tap.Close();
        await shared.LedAsync("b");

        Assert.Equal(1, shared.Most);
        Assert.Equal(1, shared.Now);
        tap.Open();
        await stop.CancelAsync();
        await Task.WhenAll(a, b).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_lease_that_others_labelled_is_renewed_and_keeps_the_label()
    {
        var ns = await cluster.NewNamespaceAsync();
        var shared = new Shared();
        using var stop = new CancellationTokenSource();
        var a = RunAsync(cluster.Client, ns, "a", Short, shared, stop.Token);
        await shared.LedAsync("a");
        var written = await cluster.Client.PatchAsync(KubernetesKinds.Lease, ns, "lead", subresource: null, PatchKind.Merge, "tests", ControlPlaneFixture.Json("""{"metadata":{"labels":{"l":"x"} } }"""), default);

        MetadataOnly? read;
        do
        {
            await Task.Delay(50);
            read = await cluster.Client.GetAsync(KubernetesKinds.Lease, ns, "lead", ObjectMetaJson.Default.MetadataOnly, default);
        }
        while (read!.Metadata.ResourceVersion == written.ResourceVersion);

        Assert.Equal("x", read.Metadata.Label("l"));
        Assert.Equal(1, shared.Now);
        await stop.CancelAsync();
        await a.WaitAsync(Patience);
    }

    private static Task RunAsync(KubernetesClient client, string ns, string identity, TimeSpan lease, Shared shared, CancellationToken stop) =>
        new LeaseElector(client, client, new LeaseOptions
        {
            Namespace = ns,
            Name = "lead",
            Identity = identity,
            LeaseDuration = lease,
            RenewDeadline = lease / 2,
            RetryPeriod = TimeSpan.FromMilliseconds(100),
        }, NullLogger.Instance).RunAsync(token => shared.LeadAsync(identity, token), stop);

    /// <summary>What only one may use at a time.</summary>
    private sealed class Shared
    {
        private readonly Lock _lock = new();
        private readonly List<string> _led = [];

        public int Now { get; private set; }
        public int Most { get; private set; }

        public bool HasLed(string identity)
        {
            lock (_lock)
            {
                return _led.Contains(identity);
            }
        }

        public async Task LedAsync(string identity)
        {
            var until = DateTime.UtcNow + Patience;
            while (!HasLed(identity) && DateTime.UtcNow < until)
            {
                await Task.Delay(10);
            }

            Assert.True(HasLed(identity), $"{identity} never led.");
        }

        public async Task LeadAsync(string identity, CancellationToken token)
        {
            lock (_lock)
            {
                _led.Add(identity);
                Now++;
                Most = Math.Max(Most, Now);
            }

            await Task.Delay(Timeout.Infinite, token).ContinueWith(static _ => { }, TaskScheduler.Default);
            lock (_lock)
            {
                Now--;
            }
        }
    }
}
