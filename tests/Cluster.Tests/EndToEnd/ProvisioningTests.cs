
namespace AgentWarden.ClusterTests.EndToEnd;

[Collection(ControlPlaneCollection.Name)]
public sealed class ProvisioningTests(ControlPlaneFixture cluster)
{
    [Fact]
    public async Task An_access_gets_its_secret_and_becomes_ready()
    {
        var guide = new Guide(cluster.Client);
        var ns = await cluster.NewNamespaceAsync("team");
        await guide.MasterAsync(ns, "master", Guide.Key);
        await guide.ProviderAsync(ns, ns, "master");
        await using var warden = await Warden.StartAsync(cluster.Connection);
        await guide.AccessAsync(ns, "agent", ns, "agent-key");
        var access = await guide.ReadyAsync(ns, "agent", "Provisioned");
        Assert.Equal("agent-key", access.Status!.SecretRef!.Name);
    }
}
