using AgentWarden.ClusterTests;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;

namespace AgentWarden.NodeTests;

/// <summary><c>deploy/components/scale-to-zero</c>: admission and bridge always there, functions from zero. Something in KEDA's place sets their replicas.</summary>
[Collection(NodeCollection.Name)]
public sealed class InPartsTests(NodeFixture node) : IAsyncLifetime
{
    private const string Key = "sk-ant-0123456789", Provider = "anthropic";
    private const int ColdStarts = 3, Accesses = 100;

    /// <summary>KEDA's <c>cooldownPeriod</c> is 60 s in our ScaledObject; a test need not wait for so long.</summary>
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(10);

    private static readonly string Functions = Installed.Part("agent-warden-functions"), Bridge = Installed.Part("agent-warden-bridge"), Admission = Installed.Part("agent-warden");

    private Installed _installed = null!;
    private KedaStandIn _keda = null!;
    private string _ns = null!;

    public async Task InitializeAsync()
    {
        _installed = await Installed.ApplyAsync(node, inParts: true);
        await node.Pods.ReadyAsync(Installed.Namespace, Admission, 2);
        await node.Pods.ReadyAsync(Installed.Namespace, Bridge, 2);
        // The first apply starts one replica.
        await node.Pods.ReadyAsync(Installed.Namespace, Functions, 1);
        _ns = await node.NewNamespaceAsync("team");
        await node.Guide.MasterAsync(_ns, "master", Key);
        await node.Guide.ProviderAsync(Provider, _ns, "master");
        _keda = await KedaStandIn.StartAsync(node, Cooldown);
    }

    public async Task DisposeAsync()
    {
        if (_keda is not null)
        {
            await _keda.DisposeAsync();
        }

        if (_installed is not null)
        {
            await _installed.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_access_applied_at_zero_wakes_the_functions_is_provisioned_and_they_go_back_to_zero()
    {
        // Two of admission, two bridges, one of the functions.
        var processes = ContainerProcess.Ours();
        Assert.Equal(5, processes.Count);
        Assert.All(processes, p => Assert.Equal(ContainerProcess.AsNobody, p));
        var (woken, started, ready) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < ColdStarts; i++)
        {
            await AtZeroAsync();
            var applied = DateTimeOffset.UtcNow;
            await node.Guide.AccessAsync(_ns, $"agent-{i}", Provider, $"key-{i}");
            var starting = StartedAsync(applied);
            await node.Guide.ReadyAsync(_ns, $"agent-{i}", "Provisioned");
            ready.Add(DateTimeOffset.UtcNow - applied);
            started.Add(await starting);
            woken.Add(_keda.Woken - applied);
            await node.Guide.SecretWithKeyAsync(_ns, $"key-{i}", Key);
        }

        Figures.Write("access applied at zero → the scaler's client is told (active)", woken);
        Figures.Write("access applied at zero → the function pod is ready", started);
        Figures.Write("access applied at zero → Ready, with the start of a function pod", ready);
        await AtZeroAsync();
    }

    [Fact]
    public async Task Admission_injects_while_the_functions_are_at_zero()
    {
        await node.Guide.AccessAsync(_ns, "agent", Provider, "agent-key", Agent.InjectBoth);
        await node.Guide.ReadyAsync(_ns, "agent", "Provisioned");
        await AtZeroAsync();
        var agent = new Agent(node, _ns);
        await agent.DeployAsync();
        var pod = await agent.RunningAsync();
        await agent.SeesAsync(pod, "environment", Key);
        await agent.SeesAsync(pod, "volume", Key);
    }

    [Fact]
    public async Task The_bridge_that_leads_and_a_function_pod_are_killed_amid_100_accesses_and_all_become_ready()
    {
        var creating = Parallel.ForEachAsync(Enumerable.Range(0, Accesses), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (i, cancellation) =>
        {
            await node.Guide.AccessAsync(_ns, $"many-{i}", Provider, $"many-key-{i}");
            await Task.Delay(200, cancellation);
        });
        await ReadyAsync(Accesses / 10);
        var leads = Assert.Single(await node.Pods.ListAsync(Installed.Namespace, $"{Bridge},agent-warden.io/leads=agent-warden-bridge"));
        await node.Pods.KillAsync(Installed.Namespace, Pods.Name(leads));
        var functions = await node.Pods.ListAsync(Installed.Namespace, Functions);
        await node.Pods.KillAsync(Installed.Namespace, Pods.Name(functions[0]));
        var killed = DateTimeOffset.UtcNow;
        await creating;
        await ReadyAsync(Accesses);
        Figures.Write($"leading bridge and function pod killed → all of {Accesses} accesses Ready", DateTimeOffset.UtcNow - killed);

        // The other bridge has the label, and the Service leads to it: KEDA and reports find it.
        var now = await Guide.UntilAsync(async () => (await node.Pods.ListAsync(Installed.Namespace, $"{Bridge},agent-warden.io/leads=agent-warden-bridge")).SingleOrDefault(), _ => true, _ => "no bridge leads");
        Assert.NotEqual(Pods.Name(leads), Pods.Name(now));
        await AtZeroAsync();
    }

    private async Task<TimeSpan> StartedAsync(DateTimeOffset applied)
    {
        await node.Pods.ReadyAsync(Installed.Namespace, Functions, 1);
        return DateTimeOffset.UtcNow - applied;
    }

    /// <summary>Waits until the scaler says that there is nothing to do, and no function pod is left.</summary>
    private async Task AtZeroAsync()
    {
        await Guide.UntilAsync(() => Task.FromResult<object?>(_keda.Active == false ? "idle" : null), _ => true, _ => $"the scaler does not say that there is no work; it said {_keda.Active}");
        await node.Pods.NoneAsync(Installed.Namespace, Functions);
    }

    private Task ReadyAsync(int count)
    {
        var ready = 0;
        return Guide.UntilAsync(async () => (ready = await CountReadyAsync()) >= count ? "ready" : null, _ => true, _ => $"{ready} of {count} accesses are Ready");
    }

    private async Task<int> CountReadyAsync()
    {
        var ready = 0;
        await foreach (var access in node.Client.ListAsync(CredentialKinds.LLMAccess, _ns, ListOptions.All, CredentialJson.Default.LLMAccess, CancellationToken.None))
        {
            ready += Conditions.IsTrue(access.Status?.Conditions, "Ready") ? 1 : 0;
        }

        return ready;
    }
}
