using System.Text;
using AgentWarden.ControlPlane;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>A bridge that starts on a cluster with fifty thousand objects, while nobody is there to take its events. A control plane of its own: others would have to list them too.</summary>
[Collection(AloneCollection.Name)]
public sealed class LargeStartTests
{
    private const int Many = 50_000;
    private const string Namespace = "many";

    [Fact]
    public async Task Fifty_thousand_objects_at_start_are_all_looked_at_by_every_function_once_these_are_there()
    {
        await using var plane = await LocalControlPlane.StartAsync(new LocalControlPlaneOptions { WithControllerManager = false });
        var connection = ClusterConnection.FromKubeConfig(plane.KubeconfigPath);
        using var api = new KubernetesClient(connection);
        await new Platform.Composition.Installing.Installer(api).InstallAsync(progress: null, default);
        await CreateAsync(api);

        // They note versions as the events name them: to read each object again would only test the API server.
        string[] names = ["SecretProvisioning", "SecretRotation", "ProviderReconciliation"];
        await using var functions = new RecordingFunctions(names.Select(n => new Recorder(n, Namespace, api) { Reads = false }), api);
        await using var bridge = BridgeInside.Start(connection, functions.Events, mode: "batch");
        await Guide.UntilAsync(() => Task.FromResult<object?>(names.All(n => bridge.Process.Bridge.Read(n).Work >= Many) ? "all" : null), _ => true, _ => "not every object waits");

        // A change made now does not wait behind fifty thousand first looks: it is among the first that are delivered.
        var changed = new ObjectKey(Namespace, "s-12345");
        var before = 0;
        functions["SecretProvisioning"].Before = about =>
        {
            // Noted in the look itself: thousands of others may follow before the test sees it.
            Interlocked.CompareExchange(ref before, about.Key == changed ? functions["SecretProvisioning"].Looks : 0, 0);
            return Task.CompletedTask;
        };
        await new Objects(api, Namespace).WriteAsync(12_345, 2);
        var version = (await api.GetAsync(KubernetesKinds.Secret, Namespace, changed.Name, ObjectMetaJson.Default.MetadataOnly, default))!.Metadata.ResourceVersion;
        await Guide.UntilAsync(() => Task.FromResult<object?>(Watched(bridge, changed) == version ? "seen" : null), _ => true, _ => "the bridge does not see the change");
        await functions.StartAsync();
        await Guide.UntilAsync(() => Task.FromResult<object?>(functions["SecretProvisioning"].Seen.ContainsKey(changed) ? "seen" : null), _ => true, _ => "the change was not looked at");
        Assert.InRange(before, 1, Many / 2);

        var objects = await new Objects(api, Namespace).ReadAsync();
        Assert.Equal(Many, objects.Count);
        for (var waited = 0; waited < 1200 && functions.All.Any(f => f.Seen.Count < Many); waited++)
        {
            await Task.Delay(500);
        }

        foreach (var function in functions.All)
        {
            Assert.Equal(0, objects.Count(o => function.Seen.GetValueOrDefault(o.Key) != o.Value));
            Assert.InRange(function.Looks, Many, Many + 100);
        }

        await Guide.UntilAsync(() => Task.FromResult<object?>(names.All(n => bridge.Process.Bridge.Read(n) == default) ? "none" : null), _ => true, _ => "work is left over");
    }

    private static string? Watched(BridgeInside bridge, ObjectKey key)
    {
        string? version = null;
        bridge.Process.Watches.ForEach((kind, metadata) => version = kind == KubernetesKinds.Secret && metadata.Name == key.Name && metadata.Namespace == key.Namespace ? metadata.ResourceVersion : version);
        return version;
    }

    private static Task CreateAsync(KubernetesClient api) => Parallel.ForEachAsync(Enumerable.Range(0, Many + 1), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, cancellation) =>
    {
        // The first one is their namespace; what comes before it is sent again.
        for (var made = false; !made;)
        {
            try
            {
                await (i == 0
                    ? api.CreateAsync(KubernetesKinds.Namespace, null, "tests", Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{Namespace}}" } }"""), cancellation)
                    : api.CreateAsync(KubernetesKinds.Secret, Namespace, "tests", Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s-{{i}}" } }"""), cancellation));
                made = true;
            }
            catch (KubernetesException early) when (early.IsNotFound || early.IsTransient)
            {
                await Task.Delay(20, cancellation);
            }
        }
    });
}
