using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials.CredentialPropagation;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>Rotation by the clock, and what running pods see of it.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class RotationTests(ControlPlaneFixture cluster)
{
    private readonly Guide _guide = new(cluster.Client);

    [Fact]
    public async Task A_due_credential_is_rotated_by_its_due_event_and_only_then()
    {
        var (ns, clock) = (await SetUpAsync("1h"), new ShiftedClock());
        await using var warden = await Warden.StartAsync(cluster.Connection, clock);
        await _guide.AccessAsync(ns, "agent", ns, "agent-key");
        var first = (await _guide.ReadyAsync(ns, "agent", "Provisioned")).Status!;
        Assert.Equal(TimeSpan.FromHours(1), first.NextRotation - first.LastRotation);
        // Five minutes before it is due: the test itself takes time.
        clock.Shift = TimeSpan.FromMinutes(55);
        await Task.Delay(1500);
        Assert.Equal(first.LastRotation, (await _guide.AccessAsync(ns, "agent"))!.Status!.LastRotation);
        clock.Shift = TimeSpan.FromMinutes(61);
        var second = (await Guide.UntilAsync(() => _guide.AccessAsync(ns, "agent"), a => a.Status!.LastRotation > first.LastRotation, _ => "not rotated")).Status!;
        Assert.Equal(TimeSpan.FromHours(1), second.NextRotation - second.LastRotation);

        // A clock that is set back rotates nothing, and the stamp from the future does not put the next rotation off (decision 0004).
        clock.Shift = TimeSpan.FromMinutes(-120);
        await _guide.MergeAsync(CredentialKinds.LLMAccess, ns, "agent", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["look"] = "again" } } });
        await Guide.UntilAsync(() => _guide.AccessAsync(ns, "agent"), a => a.Status!.NextRotation <= clock.GetUtcNow() + TimeSpan.FromHours(1), a => $"next rotation is {a?.Status?.NextRotation}");
        Assert.Equal("1", (await MetadataAsync(KubernetesKinds.Secret, ns, "agent-key"))!.Annotation(CredentialNames.Revision));
        Assert.Equal(1, await EventsAsync(ns, "CredentialRotated"));
    }

    [Fact]
    public async Task The_sweep_rotates_what_the_due_event_missed()
    {
        var ns = await SetUpAsync("1h");
        DateTimeOffset? before;
        await using (var first = await Warden.StartAsync(cluster.Connection))
        {
            await _guide.AccessAsync(ns, "agent", ns, "agent-key");
            before = (await _guide.ReadyAsync(ns, "agent", "Provisioned")).Status!.LastRotation;
        }

        // No event bridge: only the sweep can rotate. Four at once, of which one must win.
        var clock = new ShiftedClock { Shift = TimeSpan.FromHours(2) };
        await using (var sweeping = await Warden.StartAsync(cluster.Connection, clock, works: false))
        {
            var sweep = sweeping.Process.Functions.Handlers.OfType<ITimerHandler>().Single();
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => sweep.TickAsync(clock.GetUtcNow(), default)));
            var stamp = KubernetesTime.Parse((await MetadataAsync(KubernetesKinds.Secret, ns, "agent-key"))!.Annotation(CredentialNames.RotatedAt));
            Assert.True(stamp > before, "the sweep did not rotate");
        }

        await using var after = await Warden.StartAsync(cluster.Connection, clock);
        await Guide.UntilAsync(() => _guide.AccessAsync(ns, "agent"), a => a.Status!.LastRotation > before, _ => "the status does not say so");
        Assert.Equal(1, await EventsAsync(ns, "CredentialRotated"));
    }

    [Fact]
    public async Task A_strategy_that_is_not_available_is_said_in_the_status_and_nothing_pretends_to_rotate()
    {
        var (ns, clock) = (await SetUpAsync("1h", "providerAPI"), new ShiftedClock());
        await using var warden = await Warden.StartAsync(cluster.Connection, clock);
        await _guide.AccessAsync(ns, "agent", ns, "agent-key");
        var first = (await _guide.ReadyAsync(ns, "agent", "Provisioned")).Status!;
        Assert.Equal("MintingNotAvailable", first.Conditions!.Single(c => c.Type == "RotationScheduled").Reason);
        clock.Shift = TimeSpan.FromMinutes(61);
        var overdue = await Guide.UntilAsync(() => _guide.AccessAsync(ns, "agent"), a => a.Status!.Conditions!.Any(c => c.Reason == "RotationOverdue"), _ => "not overdue");
        Assert.Equal(first.LastRotation, overdue.Status!.LastRotation);
    }

    [Fact]
    public async Task Pods_that_mount_the_secret_are_nudged_and_workloads_that_asked_for_it_restart()
    {
        var ns = await SetUpAsync("1h");
        await using var warden = await Warden.StartAsync(cluster.Connection);
        await _guide.AccessAsync(ns, "agent", ns, "agent-key");
        await _guide.ReadyAsync(ns, "agent", "Provisioned");
        await PodAsync(ns, "mounts", """{"volumes":[{"name":"v","secret":{"secretName":"agent-key"}}],"containers":[{"name":"c","image":"x"}]}""");
        await PodAsync(ns, "bystander", """{"containers":[{"name":"c","image":"x"}]}""");
        foreach (var (name, annotations) in new[] { ("restarts", """{"llmwarden.io/restart-on-rotation":"true"}"""), ("stays", "{}") })
        {
            await _guide.ApplyAsync(KubernetesKinds.Deployment, ns, name, Deployment(name, annotations));
        }

        await Guide.UntilAsync(async () => await PodCountAsync(ns) >= 4 ? "there" : null, _ => true, _ => "the Deployments have no pods");
        await Task.Delay(1100);
        await _guide.MasterAsync(ns, "master", "sk-second");
        var annotation = CredentialPropagationDecision.AnnotationFor("agent-key");
        await Guide.UntilAsync(() => MetadataAsync(KubernetesKinds.Pod, ns, "mounts"), m => m.Annotation(annotation) == "2", _ => "the pod was not nudged");
        await Guide.UntilAsync(async () => await TemplateAnnotationAsync(ns, "restarts", annotation), a => a == "2", _ => "the Deployment was not restarted");
        Assert.Null(await TemplateAnnotationAsync(ns, "stays", annotation));
        Assert.Null((await MetadataAsync(KubernetesKinds.Pod, ns, "bystander"))!.Annotation(annotation));
    }

    private static JsonObject Deployment(string name, string annotations) => new()
    {
        ["spec"] = new JsonObject
        {
            ["replicas"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name }, ["annotations"] = JsonNode.Parse(annotations) },
                ["spec"] = JsonNode.Parse("""{"containers":[{"name":"c","image":"x","env":[{"name":"K","valueFrom":{"secretKeyRef":{"name":"agent-key","key":"apiKey"}}}]}]}"""),
            },
        },
    };

    private async Task<string> SetUpAsync(string interval, string strategy = "recreateSecret")
    {
        var ns = await cluster.NewNamespaceAsync("rotation");
        await _guide.MasterAsync(ns, "master", Guide.Key);
        await _guide.ProviderAsync(ns, ns, "master", s => s["auth"]!["apiKey"]!["rotation"] = new JsonObject { ["enabled"] = true, ["interval"] = interval, ["strategy"] = strategy });
        return ns;
    }

    private Task PodAsync(string ns, string name, string spec) => _guide.ApplyAsync(KubernetesKinds.Pod, ns, name, new JsonObject { ["spec"] = JsonNode.Parse(spec) });

    private async Task<ObjectMeta?> MetadataAsync(ResourceKind kind, string ns, string name) => (await cluster.Client.GetAsync(kind, ns, name, ObjectMetaJson.Default.MetadataOnly, default))?.Metadata;

    private async Task<string?> TemplateAnnotationAsync(string ns, string name, string annotation) =>
        (string?)JsonNode.Parse(Encoding.UTF8.GetString(await cluster.Client.SendAsync(HttpMethod.Get, KubernetesKinds.Deployment.ObjectPath(ns, name), null, default, default)))!["spec"]!["template"]!["metadata"]!["annotations"]?[annotation];

    private async Task<int> PodCountAsync(string ns)
    {
        var count = 0;
        await foreach (var pod in cluster.Client.ListAsync(KubernetesKinds.Pod, ns, ListOptions.All, ObjectMetaJson.Default.MetadataOnly, default))
        {
            count += pod.Metadata.DeletionTimestamp is null ? 1 : 0;
        }

        return count;
    }

    /// <summary>How often it was announced: once it was, and a while after, in case it is announced again.</summary>
    private async Task<int> EventsAsync(string ns, string reason)
    {
        await Guide.UntilAsync(async () => await CountAsync(ns, reason) > 0 ? "there" : null, _ => true, _ => $"there is no Event {reason}");
        await Task.Delay(1000);
        return await CountAsync(ns, reason);
    }

    private async Task<int> CountAsync(string ns, string reason)
    {
        var list = JsonNode.Parse(Encoding.UTF8.GetString(await cluster.Client.SendAsync(HttpMethod.Get, KubernetesKinds.Event.CollectionPath(ns), null, default, default)))!;
        return list["items"]!.AsArray().Where(e => (string?)e!["reason"] == reason).Sum(e => (int?)e!["count"] ?? 1);
    }

    /// <summary>The system's clock, moved: what a machine does whose time is corrected.</summary>
    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
    }
}
