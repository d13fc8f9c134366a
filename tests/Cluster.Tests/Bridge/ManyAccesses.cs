using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>A namespace with a master key, a provider of the namespace's name and many accesses; and what became of them, counted.</summary>
internal sealed class ManyAccesses(ControlPlaneFixture cluster, string ns)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Guide _guide = new(cluster.Client);
    private int _count;

    public static async Task<ManyAccesses> InNewNamespaceAsync(ControlPlaneFixture cluster, string prefix)
    {
        var many = new ManyAccesses(cluster, await cluster.NewNamespaceAsync(prefix));
        await many.SetMasterAsync(Guide.Key);
        await many._guide.ProviderAsync(many.Namespace, many.Namespace, "master");
        return many;
    }

    public string Namespace => ns;

    public Task SetMasterAsync(string key) => _guide.MasterAsync(ns, "master", key);

    /// <summary>So many more.</summary>
    public async Task CreateAsync(int count)
    {
        var first = _count;
        _count += count;
        await Parallel.ForEachAsync(Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await _guide.AccessAsync(ns, $"agent-{i}", ns, $"key-{i}"));
    }

    /// <summary>Waits until every access is Ready and every Secret holds the key.</summary>
    /// <param name="key">The master key.</param>
    /// <param name="revision">The Secrets' revision, where it is certain: 1 where nothing was rotated, however often an event came.</param>
    public async Task AllHoldAsync(string key, string? revision = null)
    {
        var wanted = Enumerable.Range(0, _count).Select(i => $"key-{i}").Order(StringComparer.Ordinal).ToList();
        for (var started = DateTime.UtcNow; ; await Task.Delay(100))
        {
            var (ready, secrets) = (await ReadyAsync(), await SecretsAsync());
            var current = secrets.Where(s => SecretValue.FromText(key).Equals(s.Data?.GetValueOrDefault("apiKey"))).ToList();
            if (ready == _count && wanted.SequenceEqual(current.Select(s => s.Metadata.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal))
            {
                Assert.Equal(_count, secrets.Count);
                Assert.All(secrets, s => Assert.Equal(revision ?? s.Metadata.Annotation(CredentialNames.Revision), s.Metadata.Annotation(CredentialNames.Revision)));
                return;
            }

            if (DateTime.UtcNow - started > Patience)
            {
                throw new TimeoutException($"{ready} of {_count} accesses are Ready; of {secrets.Count} Secrets {current.Count} hold the key");
            }
        }
    }

    /// <summary>Deletes it all, so that the next bridge begins with little, and waits until nothing is left.</summary>
    public async Task DeleteAsync()
    {
        await cluster.Client.DeleteAsync(CredentialKinds.LLMProvider, null, ns, new(), default);
        await cluster.Client.DeleteAsync(KubernetesKinds.Namespace, null, ns, new(), default);
        await BrokerScene.UntilAsync(async () => await cluster.Client.GetAsync(KubernetesKinds.Namespace, null, ns, ObjectMetaJson.Default.MetadataOnly, default) is null, () => $"namespace {ns} is still there");
    }

    /// <summary>Waits until so many are Ready.</summary>
    public async Task ReadyAsync(int count)
    {
        for (var started = DateTime.UtcNow; await ReadyAsync() < count; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow - started < Patience, $"not even {count} accesses are Ready");
        }
    }

    private async Task<int> ReadyAsync()
    {
        var ready = 0;
        await foreach (var access in cluster.Client.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, default))
        {
            ready += access.Status?.ObservedGeneration == access.Metadata.Generation && Conditions.IsTrue(access.Status?.Conditions, "Ready") ? 1 : 0;
        }

        return ready;
    }

    private async Task<List<SecretObject>> SecretsAsync()
    {
        var secrets = new List<SecretObject>();
        await foreach (var secret in cluster.Client.ListAsync(KubernetesKinds.Secret, ns, new() { LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}" }, SecretJson.Default.SecretObject, default))
        {
            secrets.Add(secret);
        }

        return secrets;
    }
}
