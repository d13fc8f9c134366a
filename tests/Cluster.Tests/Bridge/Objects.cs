using System.Text;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>Many Secrets of one namespace that change, and the question whether they were all seen as they are now.</summary>
internal sealed class Objects(KubernetesClient api, string ns)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Sets, or changes, one of them; goes on while the API server is away.</summary>
    public async Task WriteAsync(int number, int version)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s-{{number}}","annotations":{"v":"{{version}}" } } }""");
        await Patiently.CallAsync(() => api.ApplyAsync(KubernetesKinds.Secret, ns, $"s-{number}", null, "tests", body, CancellationToken.None));
    }

    public Task DeleteAsync(int number) => Patiently.CallAsync(() => api.DeleteAsync(KubernetesKinds.Secret, ns, $"s-{number}", new(), CancellationToken.None));

    /// <summary>Over eight connections.</summary>
    public Task WriteAllAsync(int count, int version = 1, int atOnce = 8) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) => await WriteAsync(i, version));

    /// <summary>Changes in any order, until so many were made.</summary>
    public Task ChangeAsync(int objects, int changes, int seed, TimeSpan pause) =>
        Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (writer, _) =>
        {
            // An object has one writer, so that its last version is the one written last.
            var random = new Random(seed + writer);
            var own = Enumerable.Range(0, objects).Where(i => i % 8 == writer).ToArray();
            for (var change = 0; change < changes / 8; change++)
            {
                await WriteAsync(own[random.Next(own.Length)], change + 2);
                await Task.Delay(pause, CancellationToken.None);
            }
        });

    public async Task<Dictionary<ObjectKey, string>> ReadAsync()
    {
        var all = new Dictionary<ObjectKey, string>();
        await foreach (var item in api.ListAsync(KubernetesKinds.Secret, ns, new() { MetadataOnly = true }, ObjectMetaJson.Default.MetadataOnly, default))
        {
            all.Add(new(item.Metadata.Namespace, item.Metadata.Name), item.Metadata.ResourceVersion!);
        }

        return all;
    }

    /// <summary>Every object of the namespace was looked at by the function in the state that it has now; what is gone was looked at when it was gone.</summary>
    public async Task AllSeenAsync(Recorder function, int expected)
    {
        var started = DateTime.UtcNow;
        while (true)
        {
            var now = await ReadAsync();
            var stale = now.Where(o => function.Seen.GetValueOrDefault(o.Key) != o.Value).Select(o => o.Key).ToList();
            var ghosts = function.Seen.Where(s => s.Value.Length > 0 && !now.ContainsKey(s.Key)).Select(s => s.Key).ToList();
            if (now.Keys.Count(k => k.Name.StartsWith("s-", StringComparison.Ordinal)) == expected && stale.Count == 0 && ghosts.Count == 0)
            {
                return;
            }

            if (DateTime.UtcNow - started > Patience)
            {
                throw new TimeoutException($"{function.Name}: {stale.Count} of {now.Count} objects were not looked at in their last state, for example {stale.FirstOrDefault()}; {ghosts.Count} deletions were missed; {expected} objects are expected");
            }

            await Task.Delay(200);
        }
    }
}
