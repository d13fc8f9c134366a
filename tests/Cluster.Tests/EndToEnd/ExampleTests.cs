using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using Xunit.Abstractions;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>The guide's example as it is shipped, with kagent's own schemas where they are at hand.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class ExampleTests(ControlPlaneFixture cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task The_guides_documents_apply_unchanged_and_end_in_a_secret_that_the_model_config_names()
    {
        var installer = new Installer(cluster.Client);
        var withKagent = await InstallKagentAsync(installer);
        await using var warden = await Warden.StartAsync(cluster.Connection);
        foreach (var file in Manifests.Example("kagent"))
        {
            if (await installer.IsServedAsync(file.Objects[^1], default))
            {
                await installer.ApplyAsync(file.Objects, null, default);
            }
        }

        var guide = new Guide(cluster.Client);
        var access = await guide.ReadyAsync("kagent", "agent-anthropic", "Provisioned");
        Assert.Equal(TimeSpan.FromDays(30), access.Status!.NextRotation - access.Status.LastRotation);
        var secret = await guide.SecretWithKeyAsync("kagent", "kagent-anthropic", "replace-me");
        if (withKagent)
        {
            var path = "/apis/kagent.dev/v1alpha2/namespaces/kagent/modelconfigs/claude-sonnet";
            var config = JsonNode.Parse(await cluster.Client.SendAsync(HttpMethod.Get, path, null, default, default))!;
            Assert.Equal(secret.Metadata.Name, (string?)config["spec"]!["apiKeySecret"]);
            Assert.Contains((string)config["spec"]!["apiKeySecretKey"]!, secret.Data!.Keys);
        }

        await cluster.Client.DeleteAsync(CredentialKinds.LLMProvider, null, "anthropic-production", new(), default);
        await cluster.Client.DeleteAsync(KubernetesKinds.Namespace, null, "kagent", new(), default);
    }

    private async Task<bool> InstallKagentAsync(Installer installer, [CallerFilePath] string here = "")
    {
        var repository = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
        var folder = Path.Combine(repository, "..", "shared", "crds", "kagent");
        var file = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "kagent.dev_modelconfigs.yaml", SearchOption.AllDirectories).FirstOrDefault() : null;
        if (file is null)
        {
            output.WriteLine("kagent's schemas are not beside the repository: its ModelConfig is not applied.");
            return false;
        }

        await installer.ApplyAsync(ManifestReader.Read(await File.ReadAllTextAsync(file), file), null, default);
        return true;
    }
}
