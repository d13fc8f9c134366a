using AgentWarden.Kernel.Contracts;
using System.Collections.Concurrent;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.ClusterTests.Kernel.Kubernetes;

[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class ReflectorClusterTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly Recorder _told = new();

    [Fact]
    public async Task It_follows_adds_updates_and_deletes_with_metadata_only()
    {
        var ns = await cluster.NewNamespaceAsync();
        await WriteAsync(ns, "before", "1");
        var reflector = Start(ns, new ReflectorOptions());
        await reflector.WaitForSyncAsync(default).WaitAsync(Patience);
        await WriteAsync(ns, "after", "1");
        await WriteAsync(ns, "after", "2");
        await DeleteAsync(ns, "before");

        await _told.UntilAsync("Add before", "Add after", "Update after", "Delete before");
        Assert.Null(reflector.Find(new ObjectKey(ns, "before")));
        Assert.Equal("2", reflector.Find(new ObjectKey(ns, "after"))!.Metadata.Label("v"));
    }

    [Fact]
    public async Task A_watch_that_ends_every_second_loses_nothing()
    {
        var ns = await cluster.NewNamespaceAsync();
        var reflector = Start(ns, new ReflectorOptions { WatchTimeout = TimeSpan.FromSeconds(1) });
        await reflector.WaitForSyncAsync(default).WaitAsync(Patience);
        for (var i = 0; i < 60; i++)
        {
            await WriteAsync(ns, $"o{i}", "1");
            await Task.Delay(50);
        }

        await _told.UntilAsync([.. Enumerable.Range(0, 60).Select(i => $"Add o{i}")]);
        Assert.Equal(1, _told.Syncs);
    }

    [Fact]
    public async Task A_version_that_was_compacted_while_the_server_was_away_leads_to_a_new_list_of_which_only_the_difference_is_told()
    {
        var ns = await cluster.NewNamespaceAsync();
        await WriteAsync(ns, "deleted", "1");
        await WriteAsync(ns, "same", "1");
        using var tap = new Tap(cluster.Plane.Server);
        var reflector = Start(ns, new ReflectorOptions(), tap.Address);
        await reflector.WaitForSyncAsync(default).WaitAsync(Patience);
        await _told.UntilAsync("Add deleted", "Add same");

        tap.Close();
        await DeleteAsync(ns, "deleted");
        await WriteAsync(ns, "new", "1");
        // A restarted API server has an empty watch cache, so the old version can only come from etcd, which has forgotten it.
        await Etcd.CompactAsync(cluster.Plane.EtcdClientUrl);
        await cluster.Plane.RestartApiServerAsync(TimeSpan.Zero, kill: true);
        tap.Open();

        await _told.UntilAsync("Add deleted", "Add same", "Add new", "Delete deleted");
        Assert.Equal(2, _told.Syncs);
        Assert.Equal(2, reflector.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_api_server_that_restarts_under_the_watch_loses_nothing(bool kill)
    {
        var ns = await cluster.NewNamespaceAsync();
        var reflector = Start(ns, new ReflectorOptions());
        await reflector.WaitForSyncAsync(default).WaitAsync(Patience);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await WritePatientlyAsync(ns, $"o{i}");
                await Task.Delay(20);
            }
        });
        await Task.Delay(500);
        await cluster.Plane.RestartApiServerAsync(TimeSpan.FromSeconds(1), kill);
        await writing.WaitAsync(Patience);

        await _told.UntilAsync([.. Enumerable.Range(0, 100).Select(i => $"Add o{i}")]);
        Assert.Equal(100, reflector.Count);
    }

    [Fact]
    public async Task A_kind_that_is_installed_later_is_found()
    {
        var ns = await cluster.NewNamespaceAsync();
        var plural = $"late{Guid.NewGuid().ToString("N")[..8]}s";
        var reflector = new Reflector<MetadataOnly>(cluster.Client, Crd.Kind(plural), ObjectMetaJson.Default.MetadataOnly, NullLogger.Instance, new ReflectorOptions { Namespace = ns, LongestRefusalDelay = TimeSpan.FromSeconds(1) });
        reflector.Subscribe(_told);
        _running.Add(reflector.RunAsync(_stop.Token));

        await Crd.InstallAsync(cluster.Client, plural);
        await cluster.Client.ApplyAsync(Crd.Kind(plural), ns, "w", subresource: null, "tests", Crd.Widget(plural, ns, "w", "\"spec\":{}"), default);

        await _told.UntilAsync("Add w");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private Reflector<MetadataOnly> Start(string ns, ReflectorOptions options, Uri? through = null)
    {
        var client = through is null ? cluster.Client : new KubernetesClient(new ClusterConnection
        {
            Server = through,
            Authorities = cluster.Connection.Authorities,
            Credentials = cluster.Connection.Credentials,
            Description = "tap",
        });
        var reflector = new Reflector<MetadataOnly>(client, KubernetesKinds.Secret, ObjectMetaJson.Default.MetadataOnly, NullLogger.Instance,
            options with { Namespace = ns, List = new ListOptions { MetadataOnly = true, LabelSelector = "v", PageSize = 2 } }, new MetadataTrim().Trim);
        reflector.Subscribe(_told);
        _running.Add(reflector.RunAsync(_stop.Token));
        return reflector;
    }

    private Task WriteAsync(string ns, string name, string value) =>
        cluster.Client.ApplyAsync(KubernetesKinds.Secret, ns, name, subresource: null, "tests",
            ControlPlaneFixture.Json($$$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","labels":{"v":"{{{value}}}"} } }"""), default);

    private async Task WritePatientlyAsync(string ns, string name)
    {
        while (true)
        {
            try
            {
                await WriteAsync(ns, name, "1");
                return;
            }
            catch (KubernetesException e) when (e.IsTransient || e.IsForbidden || e.IsNotFound || e.StatusCode == System.Net.HttpStatusCode.Unauthorized)
            {
                // A starting API server has not loaded its permissions yet.
                await Task.Delay(100);
            }
        }
    }

    private Task<bool> DeleteAsync(string ns, string name) => cluster.Client.DeleteAsync(KubernetesKinds.Secret, ns, name, new DeletePreconditions(), default);

    private sealed class Recorder : IWatchHandler<MetadataOnly>
    {
        private readonly ConcurrentQueue<string> _changes = new();
        private int _syncs;

        public int Syncs => Volatile.Read(ref _syncs);

        public void OnChange(ObjectChange change, MetadataOnly? before, MetadataOnly now) => _changes.Enqueue($"{change} {now.Metadata.Name}");

        public void OnSynced() => Interlocked.Increment(ref _syncs);

        /// <summary>Waits until as many changes were told, and compares.</summary>
        public async Task UntilAsync(params string[] expected)
        {
            var until = DateTime.UtcNow + Patience;
            while (_changes.Count < expected.Length && DateTime.UtcNow < until)
            {
                await Task.Delay(20);
            }

            Assert.Equal(expected.Order(StringComparer.Ordinal), _changes.Order(StringComparer.Ordinal));
        }
    }
}
