using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using AgentWarden.ClusterTests;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.NodeTests;

/// <summary><c>deploy/base</c>: everything in one process, two replicas.</summary>
[Collection(NodeCollection.Name)]
public sealed class OneProcessTests(NodeFixture node) : IAsyncLifetime
{
    private const string FirstKey = "sk-ant-0123456789", Provider = "anthropic";
    private const int Rotations = 10;

    private static readonly byte[] Pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"asked","labels":{"kagent.dev/agent":"reasoning-agent"}},"spec":{"containers":[{"name":"c","image":"x"}]}}"""u8.ToArray();

    private Installed _installed = null!;
    private string _ns = null!;

    public async Task InitializeAsync()
    {
        _installed = await Installed.ApplyAsync(node, inParts: false);
        await node.Pods.ReadyAsync(Installed.Namespace, Installed.Part("agent-warden"), 2);
        _ns = await node.NewNamespaceAsync("team");
        await node.Guide.MasterAsync(_ns, "master", FirstKey);
        await node.Guide.ProviderAsync(Provider, _ns, "master");
        await node.Guide.AccessAsync(_ns, "agent", Provider, "agent-key", Agent.InjectBoth);
        await node.Guide.ReadyAsync(_ns, "agent", "Provisioned");
    }

    public async Task DisposeAsync()
    {
        if (_installed is not null)
        {
            await _installed.DisposeAsync();
        }
    }

    [Fact]
    public async Task Both_replicas_run_as_nobody_without_rights_and_stay_up()
    {
        var processes = ContainerProcess.Ours();
        Assert.Equal(2, processes.Count);
        Assert.All(processes, p => Assert.Equal(ContainerProcess.AsNobody, p));
        // Long enough for a liveness probe to have failed as often as it may.
        await Task.Delay(TimeSpan.FromSeconds(35));
        var pods = await node.Pods.ReadyAsync(Installed.Namespace, Installed.Part("agent-warden"), 2);
        Assert.All(pods, p => Assert.Equal(0, Pods.Restarts(p)));
    }

    [Fact]
    public async Task A_pod_of_a_Deployment_is_injected_runs_and_sees_its_key_and_every_new_key_while_it_runs()
    {
        var agent = new Agent(node, _ns);
        await agent.DeployAsync();
        var pod = await agent.RunningAsync();
        await agent.SeesAsync(pod, "environment", FirstKey);
        await agent.SeesAsync(pod, "volume", FirstKey);

        var delays = new List<TimeSpan>();
        for (var rotation = 1; rotation <= Rotations; rotation++)
        {
            var key = $"sk-ant-{rotation}-{Guid.NewGuid():N}";
            var written = DateTimeOffset.UtcNow;
            await node.Guide.MasterAsync(_ns, "master", key);
            delays.Add(await agent.SeesAsync(pod, "volume", key) - written);
        }

        Figures.Write("new master key written → readable in the running pod's volume", delays);
        Assert.Equal(0, Pods.Restarts((await node.Pods.ListAsync(_ns, Agent.Selector)).Single()));
    }

    [Fact]
    public async Task A_rolling_update_lets_no_pod_and_no_access_be_refused()
    {
        var updating = node.KubectlAsync("rollout", "restart", "-n", Installed.Namespace, "deployment/agent-warden");
        using var updated = new CancellationTokenSource();
        var asking = AskAsync(updated.Token);
        await updating;
        await node.KubectlAsync("rollout", "status", "-n", Installed.Namespace, "deployment/agent-warden", $"--timeout={Guide.Patience.TotalSeconds:0}s");
        // The last of the old replicas is still answering for a while.
        await Guide.UntilAsync(() => Task.FromResult(ContainerProcess.Ours().Count == 2 ? "two" : null), _ => true, _ => "the old replicas do not end");
        await updated.CancelAsync();
        // A refusal would have been thrown: failurePolicy is Fail.
        Assert.InRange(await asking, 100, int.MaxValue);
    }

    [Fact]
    public async Task A_renewed_certificate_is_served_by_the_same_pods_and_webhooks_go_on()
    {
        var renewed = await _installed.RenewCertificateAsync();
        foreach (var pod in await node.Pods.ListAsync(Installed.Namespace, Installed.Part("agent-warden")))
        {
            var address = (string)pod["status"]!["podIP"]!;
            await Guide.UntilAsync(async () => await ServedAsync(address) == renewed.Thumbprint ? "renewed" : null, _ => true, _ => $"{Pods.Name(pod)} serves the certificate of before");
            Assert.Equal(0, Pods.Restarts(pod));
        }

        using var second = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Assert.InRange(await AskAsync(second.Token), 1, int.MaxValue);
    }

    [Fact]
    public async Task The_leader_goes_and_the_other_replica_goes_on()
    {
        var pods = await node.Pods.ListAsync(Installed.Namespace, Installed.Part("agent-warden"));
        var leader = await node.KubectlAsync("get", "lease", "-n", Installed.Namespace, "-o", "jsonpath={.items[*].spec.holderIdentity}");
        var leads = Assert.Single(pods, p => leader.Contains(Pods.Name(p), StringComparison.Ordinal));
        await node.Pods.KillAsync(Installed.Namespace, Pods.Name(leads));
        await node.Guide.AccessAsync(_ns, "second", Provider, "second-key");
        await node.Guide.ReadyAsync(_ns, "second", "Provisioned");
        await node.Pods.ReadyAsync(Installed.Namespace, Installed.Part("agent-warden"), 2);
    }

    private static async Task<string> ServedAsync(string address)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(address, 8443);
        // Which certificate it is, is the question; that it is a good one, the API server finds out.
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(address);
        using var served = new X509Certificate2(tls.RemoteCertificate!);
        return served.Thumbprint;
    }

    /// <summary>Both webhooks, one after the other, without a pause.</summary>
    /// <returns>How often.</returns>
    private async Task<int> AskAsync(CancellationToken cancellation)
    {
        var asked = 0;
        for (; !cancellation.IsCancellationRequested; asked++)
        {
            // An unchanged access is not validated.
            await node.Guide.AccessAsync(_ns, "changes", Provider, $"changes-{asked % 2}");
            await node.Client.SendAsync(HttpMethod.Post, $"{KubernetesKinds.Pod.CollectionPath(_ns)}?dryRun=All", "application/json", Pod, CancellationToken.None);
        }

        return asked;
    }
}
