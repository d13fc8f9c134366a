using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>Everything is killed at random moments in the middle of two thousand changes. Afterwards every access is as it was last written: counted.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class KillTests(ControlPlaneFixture cluster) : IDisposable
{
    private const int Accesses = 250;
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(6);

    private readonly Guide _guide = new(cluster.Client);
    private readonly Accounts _accounts = new(cluster.Client);
    private readonly Random _random = new(20261121);

    [Fact]
    public async Task Bridge_functions_and_api_server_are_killed_at_random_moments_during_2000_changes()
    {
        var ns = await SetUpAsync();
        using var functions = WardenChild.Functions(cluster.Plane.KubeconfigPath);
        using var one = await BridgeAsync(functions);
        using var two = await BridgeAsync(functions);
        functions.Start();
        one.Start();
        two.Start();

        var changing = ChangeAllAsync(ns, versions: 8);
        foreach (var victim in new[] { "functions", "one", "api", "functions", "two", "one", "api", "functions" })
        {
            await Task.Delay(_random.Next(1500, 4000));
            switch (victim)
            {
                case "api":
                    await cluster.Plane.RestartApiServerAsync(TimeSpan.FromSeconds(1), kill: true);
                    break;
                case "functions":
                    functions.Kill();
                    functions.Start();
                    break;
                default:
                    var bridge = victim == "one" ? one : two;
                    bridge.Kill();
                    bridge.Start();
                    break;
            }
        }

        await changing;
        await AllAsWrittenLastAsync(ns, versions: 8);
    }

    [Fact]
    public async Task Two_bridges_that_both_lead_do_everything_once()
    {
        var ns = await SetUpAsync();
        using var functions = WardenChild.Functions(cluster.Plane.KubeconfigPath);
        using var one = await BridgeAsync(functions);
        // Another Lease: as if each believed that it alone leads.
        using var two = await BridgeAsync(functions, ("AGENTWARDEN_NAMESPACE", "default"), ("AGENTWARDEN_EVENT_SENDERS", "nobody"));
        functions.Start();
        one.Start();
        two.Start();
        await ChangeAllAsync(ns, versions: 2);
        await AllAsWrittenLastAsync(ns, versions: 2);
    }

    public void Dispose() => _accounts.Dispose();

    private async Task<string> SetUpAsync()
    {
        var ns = await cluster.NewNamespaceAsync("killed");
        await _guide.MasterAsync(ns, "master", Guide.Key);
        await _guide.ProviderAsync(ns, ns, "master");
        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden-bridge", new(), default);
        return ns;
    }

    private async Task<WardenChild> BridgeAsync(WardenChild functions, params IEnumerable<(string Name, string Value)> more)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AGENTWARDEN_SINK_URL"] = new Uri(functions.Http, "events").AbsoluteUri,
            ["AGENTWARDEN_TOKEN_FILE"] = await _accounts.TokenFileAsync("agent-warden-bridge"),
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return WardenChild.Bridge(cluster.Plane.KubeconfigPath, settings);
    }

    /// <summary>Every access is created and then changed, each time with another Secret name: what was last written is a Secret of one name and none of the others.</summary>
    private Task ChangeAllAsync(string ns, int versions) =>
        Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (writer, _) =>
        {
            for (var version = 0; version < versions; version++)
            {
                for (var access = writer; access < Accesses; access += 8)
                {
                    var name = SecretName(access, version);
                    await Patiently.CallAsync(() => _guide.AccessAsync(ns, $"agent-{access}", ns, name));
                    await Task.Delay(60, CancellationToken.None);
                }
            }
        });

    private static string SecretName(int access, int version) => $"key-{access}-v{version}";

    private async Task AllAsWrittenLastAsync(string ns, int versions)
    {
        var started = DateTime.UtcNow;
        var wanted = Enumerable.Range(0, Accesses).Select(a => SecretName(a, versions - 1)).Order(StringComparer.Ordinal).ToList();
        while (true)
        {
            var ready = 0;
            await foreach (var access in cluster.Client.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, default))
            {
                ready += access.Status?.ObservedGeneration == access.Metadata.Generation && Conditions.IsTrue(access.Status?.Conditions, "Ready") ? 1 : 0;
            }

            var secrets = new List<SecretObject>();
            await foreach (var secret in cluster.Client.ListAsync(KubernetesKinds.Secret, ns, new() { LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}" }, SecretJson.Default.SecretObject, default))
            {
                secrets.Add(secret);
            }

            if (ready == Accesses && wanted.SequenceEqual(secrets.Select(s => s.Metadata.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal))
            {
                Assert.All(secrets, s => Assert.Equal(SecretValue.FromText(Guide.Key), s.Data!["apiKey"]));
                return;
            }

            if (DateTime.UtcNow - started > LongPatience)
            {
                throw new TimeoutException($"{ready} of {Accesses} accesses are Ready in their last generation; {secrets.Count(s => wanted.Contains(s.Metadata.Name, StringComparer.Ordinal))} Secrets of the last names and {secrets.Count(s => !wanted.Contains(s.Metadata.Name, StringComparer.Ordinal))} of earlier ones are there");
            }

            await Task.Delay(250);
        }
    }
}
