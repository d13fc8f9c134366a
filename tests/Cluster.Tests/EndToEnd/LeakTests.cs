using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>A key that went through provisioning, repair, a new master key and revocation is found in Secrets and nowhere else.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class LeakTests(ControlPlaneFixture cluster)
{
    [Fact]
    public async Task No_secret_value_is_in_logs_events_statuses_or_metrics()
    {
        const string First = "sk-leak-first-7261", Second = "sk-leak-second-9917";
        using var log = new MemoryStream();
        var guide = new Guide(cluster.Client);
        var ns = await cluster.NewNamespaceAsync("leak");
        await guide.MasterAsync(ns, "master", First);
        await guide.ProviderAsync(ns, ns, "master");
        string metrics;
        using (var loggers = new StdoutLoggerFactory(LogLevel.Trace, log, json: true))
        {
            await using var warden = await Warden.StartAsync(cluster.Connection, clock: null, loggers);
            await guide.AccessAsync(ns, "agent", ns, "agent-key");
            await guide.SecretWithKeyAsync(ns, "agent-key", First);
            await guide.MergeAsync(KubernetesKinds.Secret, ns, "agent-key", new JsonObject { ["stringData"] = new JsonObject { ["apiKey"] = "tampered" } });
            await guide.SecretWithKeyAsync(ns, "agent-key", First);
            await guide.MasterAsync(ns, "master", Second);
            await guide.SecretWithKeyAsync(ns, "agent-key", Second);
            await guide.ProviderAsync(ns, ns, "master", s => s["allowedModels"] = new JsonArray("other"));
            await guide.NoSecretAsync(ns, "agent-key");
            await guide.ReadyAsync(ns, "agent", "ModelsNotAllowed");
            using var http = new HttpClient { BaseAddress = warden.Http };
            metrics = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        }

        var events = await TextAsync(KubernetesKinds.Event.CollectionPath(ns));
        Assert.Contains("AccessRevoked", events, StringComparison.Ordinal);
        Assert.Contains("agentwarden_", metrics, StringComparison.Ordinal);
        var logged = Encoding.UTF8.GetString(log.ToArray());
        Assert.NotEmpty(logged);
        var accesses = await TextAsync(Credentials.CredentialKinds.LLMAccess.CollectionPath(ns));
        var providers = await TextAsync(Credentials.CredentialKinds.LLMProvider.CollectionPath());
        foreach (var text in new[] { logged, metrics, events, accesses, providers })
        {
            foreach (var key in new[] { First, Second })
            {
                Assert.DoesNotContain(key, text, StringComparison.Ordinal);
                Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(key)), text, StringComparison.Ordinal);
            }
        }
    }

    private async Task<string> TextAsync(string path) => Encoding.UTF8.GetString(await cluster.Client.SendAsync(HttpMethod.Get, path, null, default, default));
}
