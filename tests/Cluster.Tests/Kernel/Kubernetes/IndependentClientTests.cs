extern alias classic;

using System.Text;
using AgentWarden.Kernel.Kubernetes;
using classic::k8s;
using classic::k8s.LeaderElection;
using classic::k8s.LeaderElection.ResourceLock;
using Microsoft.Extensions.Logging.Abstractions;
using KubernetesException = AgentWarden.Kernel.Kubernetes.KubernetesException;

namespace AgentWarden.ClusterTests.Kernel.Kubernetes;

/// <summary>What we write is what another client of the field reads, and the other way round.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class IndependentClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);

    private readonly ControlPlaneFixture _cluster;
    private readonly classic::k8s.Kubernetes _other;

    public IndependentClientTests(ControlPlaneFixture cluster)
    {
        _cluster = cluster;
        _other = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.Plane.KubeconfigPath));
    }

    public void Dispose() => _other.Dispose();

    [Fact]
    public async Task What_is_applied_is_read_with_its_field_manager()
    {
        var ns = await _cluster.NewNamespaceAsync();
        var written = await _cluster.Client.ApplyAsync(
            KubernetesKinds.Secret, ns, "s", subresource: null, "agent-warden-tests", Secret(ns, "s", "v1"), CancellationToken.None);

        var read = await _other.CoreV1.ReadNamespacedSecretAsync("s", ns);

        Assert.Equal((written.Uid, written.ResourceVersion), (read.Metadata.Uid, read.Metadata.ResourceVersion));
        Assert.Equal(written.CreationTimestamp!.Value.UtcDateTime, read.Metadata.CreationTimestamp);
        Assert.Equal("v1", Encoding.UTF8.GetString(read.Data["k"]));
        var field = Assert.Single(read.Metadata.ManagedFields);
        Assert.Equal(("agent-warden-tests", "Apply"), (field.Manager, field.Operation));
    }

    [Fact]
    public async Task What_another_changes_is_seen_by_the_watch_and_conflicts_with_an_old_version()
    {
        var ns = await _cluster.NewNamespaceAsync();
        var data = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" };
        var made = await _other.CoreV1.CreateNamespacedSecretAsync(new() { Metadata = new() { Name = "s" }, StringData = data }, ns);
        using var stop = new CancellationTokenSource();
        var options = new ReflectorOptions { Namespace = ns, List = new ListOptions { MetadataOnly = true } };
        var reflector = new Reflector<MetadataOnly>(
            _cluster.Client, KubernetesKinds.Secret, ObjectMetaJson.Default.MetadataOnly, NullLogger.Instance, options);
        var running = reflector.RunAsync(stop.Token);
        await reflector.WaitForSyncAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(made.Metadata.Uid, reflector.Find(new(ns, "s"))!.Metadata.Uid);

        made.Metadata.Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["l"] = "x" };
        var changed = await _other.CoreV1.ReplaceNamespacedSecretAsync(made, "s", ns);
        await UntilAsync(
            () => reflector.Find(new(ns, "s"))!.Metadata.ResourceVersion == changed.Metadata.ResourceVersion, "the change was not seen");
        Assert.Equal("x", reflector.Find(new(ns, "s"))!.Metadata.Label("l"));
        var old = new DeletePreconditions(made.Metadata.Uid, made.Metadata.ResourceVersion);
        var e = await Assert.ThrowsAsync<KubernetesException>(
            () => _cluster.Client.DeleteAsync(KubernetesKinds.Secret, ns, "s", old, CancellationToken.None));
        Assert.True(e.IsConflict);

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task The_lease_is_the_same_lease_for_another_elector()
    {
        var ns = await _cluster.NewNamespaceAsync();
        using CancellationTokenSource stopOurs = new(), stopTheirs = new();
        var ours = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var theirs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hour = TimeSpan.FromHours(1);
        var lease = new LeaseOptions { Namespace = ns, Name = "lead", Identity = "ours", LeaseDuration = hour, RetryPeriod = Often };
        var elector = new LeaseElector(_cluster.Client, _cluster.Client, lease, NullLogger.Instance);
        var leads = elector.RunAsync(
            async token =>
            {
                ours.SetResult();
                await Task.Delay(Timeout.Infinite, token).ContinueWith(static _ => { }, TaskScheduler.Default);
            },
            stopOurs.Token);
        await ours.Task.WaitAsync(Patience);
        var seen = await _other.CoordinationV1.ReadNamespacedLeaseAsync("lead", ns);
        Assert.Equal(("ours", 3600), (seen.Spec.HolderIdentity, seen.Spec.LeaseDurationSeconds));

        using var other = new LeaderElector(new(new LeaseLock(_other, ns, "lead", "theirs")) { RetryPeriod = Often });
        other.OnStartedLeading += theirs.SetResult;
        var waits = other.RunUntilLeadershipLostAsync(stopTheirs.Token);
        await UntilAsync(() => other.GetLeader() == "ours", "the other elector did not see who leads");
        Assert.False(theirs.Task.IsCompleted);

        // Only a release can hand it over: it is held for an hour.
        await stopOurs.CancelAsync();
        await leads.WaitAsync(Patience);
        await theirs.Task.WaitAsync(Patience);
        await stopTheirs.CancelAsync();
        await waits.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Whose_a_token_is_says_the_server_through_the_library()
    {
        const string audience = "https://kubernetes.default.svc";
        var token = _cluster.Plane.AdminToken;
        var user = await _cluster.Client.UserOfAsync(token, audience, CancellationToken.None);
        var review = await _other.AuthenticationV1.CreateTokenReviewAsync(new() { Spec = new() { Token = token, Audiences = [audience] } });
        Assert.True(review.Status.Authenticated);
        Assert.Equal(review.Status.Audiences?.Contains(audience) == true ? review.Status.User.Username : null, user);
        Assert.Null(await _cluster.Client.UserOfAsync("no such token", audience, CancellationToken.None));
        Assert.Null(await _cluster.Client.UserOfAsync(token, "somebody-else", CancellationToken.None));
    }

    private static async Task UntilAsync(Func<bool> done, string otherwise)
    {
        for (var until = DateTime.UtcNow + Patience; !done() && DateTime.UtcNow < until;)
        {
            await Task.Delay(20);
        }

        Assert.True(done(), otherwise);
    }

    private static ReadOnlyMemory<byte> Secret(string ns, string name, string value) => ControlPlaneFixture.Json($$$"""
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},"stringData":{"k":"{{{value}}}"}}
        """);
}
