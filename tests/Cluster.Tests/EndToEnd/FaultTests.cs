using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>Things die in the middle of the work. Afterwards nothing is lost and nothing is doubled: counted, object by object.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class FaultTests(ControlPlaneFixture cluster)
{
    private const int Many = 500;
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(4);

    private readonly Guide _guide = new(cluster.Client);

    [Fact, Trait("Servers", "both")]
    public async Task The_api_server_is_killed_in_the_middle_of_500_provisionings()
    {
        var ns = await SetUpAsync("faults");
        await using var warden = await Warden.StartAsync(cluster.Connection);
        var creating = CreateManyAsync(ns);
        await Task.Delay(500);
        await cluster.Plane.RestartApiServerAsync(TimeSpan.FromSeconds(2), kill: true);
        await creating;
        await AllProvisionedOnceAsync(ns);
    }

    [Fact]
    public async Task The_process_is_killed_three_times_in_the_middle_of_500_provisionings()
    {
        var ns = await SetUpAsync("kills");
        using var child = WardenChild.Serve(cluster.Plane.KubeconfigPath);
        child.Start();
        await CreateManyAsync(ns);
        for (var kill = 0; kill < 3; kill++)
        {
            // Wait until it has begun, so that the kill hits work in flight: some Secrets are written and their statuses are not.
            var before = await CountSecretsAsync(ns);
            await UntilAsync(async () => await CountSecretsAsync(ns) is var now && (now > before || now == Many), "no Secret was written");
            child.Kill();
            await ReleaseLeaseAsync();
            child.Start();
        }

        await AllProvisionedOnceAsync(ns);
    }

    [Fact, Trait("Servers", "both")]
    public async Task A_namespace_is_deleted_in_the_middle()
    {
        var ns = await SetUpAsync("doomed");
        await using var warden = await Warden.StartAsync(cluster.Connection);
        var creating = CreateManyAsync(ns, 100);
        await Task.Delay(150);
        await cluster.Client.DeleteAsync(KubernetesKinds.Namespace, null, ns, new(), default);
        try
        {
            await creating;
        }
        catch (KubernetesException refused) when (refused.IsForbidden || refused.IsNotFound)
        {
            // The namespace takes no more objects.
        }

        await UntilAsync(async () => await cluster.Client.GetAsync(KubernetesKinds.Namespace, null, ns, ObjectMetaJson.Default.MetadataOnly, default) is null, "the namespace is still there");
        await UntilAsync(() => Task.FromResult(warden.Process.Functions.Bridge.Figures().All(f => f.Figures is { Ready: 0, InFlight: 0, Failing: 0 })), "work for the dead namespace is still tried");
    }

    [Fact]
    public async Task Two_processes_at_once_write_everything_once()
    {
        var ns = await SetUpAsync("pair");
        await using var one = await Warden.StartAsync(cluster.Connection);
        await using var two = await Warden.StartAsync(cluster.Connection);
        await CreateManyAsync(ns, 100);
        await AllProvisionedOnceAsync(ns, 100);
    }

    private async Task<string> SetUpAsync(string prefix)
    {
        var ns = await cluster.NewNamespaceAsync(prefix);
        await _guide.MasterAsync(ns, "master", Guide.Key);
        await _guide.ProviderAsync(ns, ns, "master");
        return ns;
    }

    private Task CreateManyAsync(string ns, int count = Many) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await Patiently.CallAsync(() => _guide.AccessAsync(ns, $"agent-{i}", ns, $"key-{i}")));

    /// <summary>Every access is Ready, its Secret holds the key in its first revision, and its Event was counted once.</summary>
    private async Task AllProvisionedOnceAsync(string ns, int count = Many)
    {
        await UntilAsync(async () =>
        {
            var ready = 0;
            await foreach (var access in cluster.Client.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, default))
            {
                ready += Conditions.IsTrue(access.Status?.Conditions, "Ready") ? 1 : 0;
            }

            return ready == count;
        }, "not every access is Ready");

        var secrets = new List<SecretObject>();
        await foreach (var secret in cluster.Client.ListAsync(KubernetesKinds.Secret, ns, new() { LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}" }, SecretJson.Default.SecretObject, default))
        {
            secrets.Add(secret);
        }

        Assert.Equal(count, secrets.Count);
        Assert.All(secrets, s => Assert.Equal(SecretValue.FromText(Guide.Key), s.Data!["apiKey"]));
        Assert.All(secrets, s => Assert.Equal("1", s.Metadata.Annotation(CredentialNames.Revision)));
        var events = await ProvisionedEventsAsync(ns);
        Assert.Equal(count, events.Count);
        Assert.All(events, e => Assert.Equal(1, (int)e["count"]!));
    }

    private async Task<List<JsonNode>> ProvisionedEventsAsync(string ns)
    {
        var list = JsonNode.Parse(Encoding.UTF8.GetString(await cluster.Client.SendAsync(HttpMethod.Get, KubernetesKinds.Event.CollectionPath(ns), null, default, default)))!;
        return [.. list["items"]!.AsArray().Where(e => (string?)e!["reason"] == "Provisioned").Select(e => e!)];
    }

    private async Task<int> CountSecretsAsync(string ns)
    {
        var count = 0;
        await foreach (var _ in cluster.Client.ListAsync(KubernetesKinds.Secret, ns, new() { MetadataOnly = true, LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}" }, ObjectMetaJson.Default.MetadataOnly, default))
        {
            count++;
        }

        return count;
    }

    /// <summary>A killed leader holds its Lease for 15 s more; the test does not wait for that.</summary>
    private Task<bool> ReleaseLeaseAsync() => cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden", new(), default);

    private static async Task UntilAsync(Func<Task<bool>> done, string otherwise)
    {
        var started = DateTime.UtcNow;
        while (true)
        {
            try
            {
                if (await done())
                {
                    return;
                }
            }
            catch (KubernetesException away) when (away.IsTransient)
            {
            }

            if (DateTime.UtcNow - started > LongPatience)
            {
                throw new TimeoutException(otherwise);
            }

            await Task.Delay(50);
        }
    }
}
