using AgentWarden.ControlPlane;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>An access is deleted and created again before the garbage collector came by: here it never does, on a busy cluster it takes minutes.</summary>
public sealed class RecreationTests
{
    private const string Namespace = "default";

    [Fact]
    public async Task An_access_that_is_created_again_does_not_wait_for_the_garbage_collector()
    {
        await using var plane = await LocalControlPlane.StartAsync(new LocalControlPlaneOptions { WithControllerManager = false });
        var connection = ClusterConnection.FromKubeConfig(plane.KubeconfigPath);
        using var api = new KubernetesClient(connection);
        await new Platform.Composition.Installing.Installer(api).InstallAsync(progress: null, default);
        var guide = new Guide(api);
        await guide.MasterAsync(Namespace, "master", Guide.Key);
        await guide.ProviderAsync("provider", Namespace, "master");
        await using var warden = await Warden.StartAsync(connection);
        await guide.AccessAsync(Namespace, "agent", "provider", "agent-key");
        await guide.ReadyAsync(Namespace, "agent", "Provisioned");
        var first = await guide.SecretAsync(Namespace, "agent-key");

        await api.DeleteAsync(CredentialKinds.LLMAccess, Namespace, "agent", new(), default);
        Assert.Null(await guide.AccessAsync(Namespace, "agent"));
        await guide.AccessAsync(Namespace, "agent", "provider", "agent-key");
        var access = await guide.ReadyAsync(Namespace, "agent", "Provisioned");
        var second = await guide.SecretAsync(Namespace, "agent-key");
        Assert.NotEqual(first!.Metadata.Uid, second!.Metadata.Uid);
        Assert.Equal(access.Metadata.Uid, Assert.Single(second.Metadata.OwnerReferences!).Uid);
        Assert.Equal(SecretValue.FromText(Guide.Key), second.Data!["apiKey"]);
        Assert.Equal(first.Metadata.Annotation(CredentialNames.Revision), second.Metadata.Annotation(CredentialNames.Revision));
    }
}
