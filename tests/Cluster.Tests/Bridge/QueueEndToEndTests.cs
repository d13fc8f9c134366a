using AgentWarden.ClusterTests.FunctionsHost;
using AgentWarden.InteropTests;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The bridge process, a real queue service, the Functions host's queue trigger and the published handler, on a real API server.</summary>
[Collection(BrokersCollection.Name)]
public sealed class QueueEndToEndTests(ControlPlaneFixture cluster, PublishedApp app) : IAsyncLifetime
{
    private const int Many = 200;

    private Azurite _azurite = null!;
    private BrokerScene _scene = null!;

    public async Task InitializeAsync()
    {
        _azurite = await Azurite.StartAsync();
        _scene = await BrokerScene.StartAsync(cluster, new Dictionary<string, string>(StringComparer.Ordinal) { ["AGENTWARDEN_SINK"] = "queue", ["AzureWebJobsStorage"] = _azurite.ConnectionString });
    }

    public async Task DisposeAsync()
    {
        await (_scene?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _azurite.DisposeAsync();
    }

    [Fact]
    public async Task Accesses_are_provisioned_and_follow_a_rotated_master_key_and_reports_end_the_backlog()
    {
        await _scene.Accesses.CreateAsync(Many);
        // Nobody takes messages yet: what lies in the queue is work, so that a scaler wakes somebody.
        await _scene.BacklogOfAtLeastAsync(Many);
        await using var host = await QueueTriggeredHost.StartAsync(_azurite, app, _scene);
        await _scene.Accesses.AllHoldAsync(Guide.Key, revision: "1");
        await _scene.NoBacklogAsync();

        await _scene.Accesses.SetMasterAsync("sk-ant-another");
        await _scene.Accesses.AllHoldAsync("sk-ant-another", revision: "2");
        await _scene.NoBacklogAsync();
    }
}
