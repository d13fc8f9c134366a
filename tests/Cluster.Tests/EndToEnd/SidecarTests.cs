using System.Text.Json.Nodes;
using AgentWarden.Credentials;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>Native sidecars: init containers that are started first and go on running.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class SidecarTests(ControlPlaneFixture cluster)
{
    [SkippableTheory]
    [InlineData(null, false, true)]
    [InlineData("proxy", true, false)]
    [InlineData("proxy,agent", true, true)]
    public async Task A_native_sidecar_stays_one_and_gets_credentials_when_it_is_named(string? names, bool sidecar, bool agent)
    {
        Skip.IfNot(cluster.Plane.ServerVersion >= new Version(1, 29), $"Kubernetes {cluster.Plane.ServerVersion} has no native sidecars.");
        await using var scene = await AdmissionScene.StartAsync(cluster);
        var guide = new Guide(cluster.Client);
        await guide.AccessAsync(scene.Namespace, "agent", scene.Namespace, "agent-key");
        await guide.ReadyAsync(scene.Namespace, "agent", "Provisioned");

        var pod = JsonNode.Parse("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"agent","labels":{"kagent.dev/agent":"reasoning-agent"}},
             "spec":{"initContainers":[{"name":"proxy","image":"x","restartPolicy":"Always"},{"name":"once","image":"x"}],
                     "containers":[{"name":"agent","image":"x"}]}}
            """)!.AsObject();
        if (names is not null)
        {
            pod["metadata"]!["annotations"] = new JsonObject { [CredentialNames.InjectContainers] = names };
        }

        var spec = (await scene.CreateAsync(pod))["spec"]!;
        Assert.Equal(["Always", null], spec["initContainers"]!.AsArray().Select(c => (string?)c!["restartPolicy"]));
        Assert.Equal((sidecar, agent), (IsInjected(spec["initContainers"]![0]!), IsInjected(spec["containers"]![0]!)));
        Assert.False(IsInjected(spec["initContainers"]![1]!));
    }

    private static bool IsInjected(JsonNode container) =>
        container["env"]?.AsArray().Any(e => (string?)e!["name"] == "ANTHROPIC_API_KEY") == true;
}
