using AgentWarden.ClusterTests.Kernel.Kubernetes;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.InteropTests;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The bridge process, a real queue service, the Functions host's queue triggers and the published functions, on a real API server.</summary>
[Collection(BrokersCollection.Name)]
public sealed class QueueEndToEndTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private const int Many = 200, MaxDequeueCount = 5;
    private const string Function = "SecretProvisioning";

    private static readonly string[] Functions = [Function, "SecretRotation", "CredentialPropagation", "ProviderReconciliation"];

    private Azurite _azurite = null!;
    private BrokerScene _scene = null!;

    public async Task InitializeAsync() => _azurite = await Azurite.StartAsync();

    public async Task DisposeAsync()
    {
        await (_scene?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _azurite.DisposeAsync();
    }

    [Fact]
    public async Task Accesses_are_provisioned_and_follow_a_rotated_master_key_and_reports_end_the_backlog()
    {
        await StartAsync();
        await _scene.Accesses.CreateAsync(Many);
        // Nobody takes messages yet: what lies in the queue is work, so that a scaler wakes somebody.
        await _scene.BacklogOfAtLeastAsync(Many);
        await using var host = await QueueTriggeredHost.StartAsync(_azurite, _scene);
        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");
        await _scene.NoBacklogAsync();

        await _scene.Accesses.SetMasterAsync("sk-ant-another");
        await _scene.Accesses.AllHoldAsync("sk-ant-another", revision: "2");
        await _scene.NoBacklogAsync();
    }

    [Fact]
    public async Task Worker_and_queue_service_are_killed_in_the_middle_and_nothing_is_lost()
    {
        // What the service was answering when it ended stays hidden for ten minutes; the bridge does not wait so long.
        await StartAsync(("AGENTWARDEN_SINK_REPORT_WITHIN", "00:00:10"));
        await using var host = await QueueTriggeredHost.StartAsync(_azurite, _scene);
        var creating = _scene.Accesses.CreateAsync(Many / 2);
        await _scene.Accesses.ReadyAsync(Many / 10);
        await host.BusyAsync();
        await host.KillWorkerAsync();
        await creating;

        creating = _scene.Accesses.CreateAsync(Many / 2);
        await _scene.Accesses.ReadyAsync(Many / 2 + Many / 10);
        await host.BusyAsync();
        await _azurite.StopAsync();
        await creating;
        await _azurite.StartAgainAsync();

        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");
        await _scene.NoBacklogAsync();
    }

    [Fact]
    public async Task What_fails_as_often_as_the_host_tries_comes_back_by_the_poison_queue()
    {
        await StartAsync();
        using var tap = new Tap(cluster.Plane.Server);
        using var kubeconfig = new TemporaryFile(File.ReadAllText(cluster.Plane.KubeconfigPath).Replace(cluster.Plane.Server.Authority, tap.Address.Authority, StringComparison.Ordinal));
        await using var host = await QueueTriggeredHost.StartAsync(_azurite, _scene, kubeconfig.Path);
        await _scene.Accesses.CreateAsync(1);
        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");

        // Only the functions do not reach the API server.
        tap.Close();
        await _scene.Accesses.CreateAsync(5);
        await BrokerScene.UntilAsync(
            () => Task.FromResult(host.Failures.Values.Count(f => f == MaxDequeueCount) >= 5),
            () => "no five messages failed as often as the host tries");
        tap.Open();

        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");
        // Some were given up although another event of the same object has led to the end: they come back all the same.
        await BrokerScene.UntilAsync(async () => await CountAsync(Queues().PoisonOf) == 0, () => "messages are left in the poison queue");
        await _scene.NoBacklogAsync();
        Assert.Equal(0, await CountAsync(Queues().ParkedOf));
    }

    [Fact]
    public async Task What_is_no_event_of_ours_ends_beside_the_queue_and_holds_up_nobody()
    {
        await StartAsync();
        await using var host = await QueueTriggeredHost.StartAsync(_azurite, _scene);
        string[] texts = ["no base64!", QueueText.Encode("hello"u8.ToArray())];
        foreach (var text in texts)
        {
            await Queues().Of(Function).PutAsync(text, timeToLive: null, CancellationToken.None);
        }

        await _scene.Accesses.CreateAsync(1);
        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");
        await BrokerScene.UntilAsync(async () => await CountAsync(Queues().ParkedOf) == texts.Length, () => "the messages are not parked");
        var parked = await Queues().ParkedOf(Function).GetAsync(EventQueue.MostAtOnce, TimeSpan.FromSeconds(60), CancellationToken.None);
        Assert.Equal(texts, parked.Select(m => m.MessageText).Order(StringComparer.Ordinal).Reverse());
        await _scene.NoBacklogAsync();
        // A message is deleted after what became of it is done and said.
        await BrokerScene.UntilAsync(async () => (await CountAsync(Queues().Of), await CountAsync(Queues().PoisonOf)) == (0, 0), () => "messages are left");
    }

    private async Task StartAsync(params IEnumerable<(string Name, string Value)> more)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["AGENTWARDEN_SINK"] = "queue", ["AzureWebJobsStorage"] = _azurite.ConnectionString };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        _scene = await BrokerScene.StartAsync(cluster, settings);
    }

    private static async Task<long> CountAsync(Func<string, EventQueue> of) =>
        (await Task.WhenAll(Functions.Select(f => of(f).ApproximateCountAsync(CancellationToken.None)))).Sum();

    private EventQueues Queues()
    {
        var settings = QueueSettings.Read(name => name == "AzureWebJobsStorage" ? _azurite.ConnectionString : null);
        return EventQueues.Open(
            settings, () => throw new InvalidOperationException("a key is set"), AzurePipeline.Transport(connections: 1), TimeProvider.System);
    }
}
