using AgentWarden.Kernel.Contracts;
using System.Net.Http.Headers;
using AgentWarden.Credentials;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>A broker may deliver twice, late and in any order. The functions come to the same end.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DisorderTests(ControlPlaneFixture cluster)
{
    private const int Many = 100;

    private readonly Guide _guide = new(cluster.Client);

    [Fact]
    public async Task Duplicate_stale_and_reordered_events_lead_to_the_last_state()
    {
        var ns = await cluster.NewNamespaceAsync("disorder");
        using var accounts = new Accounts(cluster.Client);
        using var functions = WardenChild.Functions(cluster.Plane.KubeconfigPath);
        functions.Start();
        await functions.ReadyAsync();
        await _guide.MasterAsync(ns, "master", Guide.Key);
        await _guide.ProviderAsync(ns, ns, "master");
        var events = new List<ObjectEvent>();
        for (var version = 0; version < 3; version++)
        {
            for (var i = 0; i < Many; i++)
            {
                await _guide.AccessAsync(ns, $"agent-{i}", ns, $"key-{i}-v{version}");
                var access = (await _guide.AccessAsync(ns, $"agent-{i}"))!;
                events.Add(new(version == 0 ? ObjectChange.Add : ObjectChange.Update, ObjectReference.To(CredentialKinds.LLMAccess, access.Metadata)));
            }
        }

        // Nobody has looked yet. Now each event comes twice, with a deletion that never was, in an order that has nothing to do with what happened.
        var random = new Random(7);
        var disorder = events.Concat(events).Concat(events.Take(Many).Select(e => e with { Change = ObjectChange.Delete })).OrderBy(_ => random.Next()).ToList();
        var token = await File.ReadAllTextAsync(await accounts.TokenFileAsync("agent-warden-bridge"));
        using var http = new HttpClient();
        await Parallel.ForEachAsync(disorder.Chunk(20), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (batch, cancellation) => await SendAsync(batch, cancellation));

        var ready = 0;
        await foreach (var access in cluster.Client.ListAsync(CredentialKinds.LLMAccess, ns, ListOptions.All, CredentialJson.Default.LLMAccess, default))
        {
            ready += access.Status?.ObservedGeneration == access.Metadata.Generation && Conditions.IsTrue(access.Status?.Conditions, "Ready") ? 1 : 0;
        }

        Assert.Equal(Many, ready);
        var secrets = new List<string>();
        await foreach (var secret in cluster.Client.ListAsync(KubernetesKinds.Secret, ns, new() { MetadataOnly = true, LabelSelector = $"{CredentialNames.ManagedBy}={CredentialNames.ManagedByValue}" }, ObjectMetaJson.Default.MetadataOnly, default))
        {
            secrets.Add(secret.Metadata.Name);
        }

        Assert.Equal(Enumerable.Range(0, Many).Select(i => $"key-{i}-v2").Order(StringComparer.Ordinal), secrets.Order(StringComparer.Ordinal));

        async Task SendAsync(ObjectEvent[] batch, CancellationToken cancellation)
        {
            for (var attempt = 0; ; attempt++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(functions.Http, "events/SecretProvisioning"))
                {
                    Content = new ByteArrayContent(CloudEventJsonFormatter.Instance.EncodeBatch(batch.Select(e => ObjectEventMapping.ToCloudEvent(e, "/test", DateTimeOffset.UtcNow)))),
                };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.Batch);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                using var answer = await http.SendAsync(request, cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }

                // As a broker does: what was not taken comes again, whole.
                Assert.True((int)answer.StatusCode >= 500 && attempt < 20, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellation)}");
                await Task.Delay(100, cancellation);
            }
        }
    }
}
