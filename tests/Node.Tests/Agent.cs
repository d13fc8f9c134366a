using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.ClusterTests;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Node;

namespace AgentWarden.NodeTests;

/// <summary>
/// A Deployment with one pod that says what credential it sees, in its environment and in its volume: never the key, but the key's SHA-256.
/// It looks into the volume every 20 ms, as long as it runs.
/// </summary>
internal sealed class Agent(NodeFixture node, string ns)
{
    public const string Variable = "ANTHROPIC_API_KEY", MountPath = "/var/run/secrets/llm";

    /// <summary>What the access of <see cref="Guide"/> selects.</summary>
    public const string Selector = "kagent.dev/agent=reasoning-agent";

    private const string Name = "reasoning-agent";

    private const string Script = $$"""
        digest() { sha256sum | cut -d ' ' -f 1; }
        echo "environment $(printf %s "${{Variable}}" | digest)"
        seen=
        while true; do
          now=
          IFS= read -r now < {{MountPath}}/apiKey
          if [ "$now" != "$seen" ]; then
            seen=$now
            echo "volume $(printf %s "$now" | digest)"
          fi
          sleep 0.02
        done
        """;

    /// <summary>Both ways, for <see cref="Guide.AccessAsync(string, string, string, string, Action{JsonObject})"/>.</summary>
    public static void InjectBoth(JsonObject spec) => spec["injection"]!["volume"] = new JsonObject { ["mountPath"] = MountPath };

    /// <summary>Creates it. Nothing in it names the Secret.</summary>
    public Task DeployAsync() => node.Guide.ApplyAsync(KubernetesKinds.Deployment, ns, Name, new JsonObject
    {
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = Labels() },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = Labels() },
                ["spec"] = new JsonObject
                {
                    ["terminationGracePeriodSeconds"] = 1,
                    ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["runAsUser"] = 1000 },
                    ["containers"] = new JsonArray(new JsonObject { ["name"] = "agent", ["image"] = Images.Busybox, ["command"] = new JsonArray("sh", "-c", Script) }),
                },
            },
        },
    });

    /// <summary>Waits until its pod runs.</summary>
    public async Task<JsonObject> RunningAsync() => (await node.Pods.ReadyAsync(ns, Selector, 1)).Single();

    /// <summary>Waits until the pod has seen the key there.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="where"><c>environment</c> or <c>volume</c>.</param>
    /// <param name="key">The key.</param>
    /// <returns>When it wrote that it has.</returns>
    public async Task<DateTimeOffset> SeesAsync(JsonObject pod, string where, string key)
    {
        var wanted = $"{where} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
        var line = await Guide.UntilAsync(async () => (await node.Pods.LogAsync(ns, Pods.Name(pod))).FirstOrDefault(l => l.Text == wanted), _ => true, _ => $"the pod does not see the key in its {where}");
        return line.At;
    }

    private static JsonObject Labels() => new() { ["kagent.dev/agent"] = Name };
}
