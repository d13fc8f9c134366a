using AgentWarden.Platform.Composition;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Deploy;

/// <summary>deploy/components/scale-to-zero/rbac.yaml gives the bridge what a watch of the subscriptions needs, no more and no less.</summary>
public sealed class RbacOfPartsTests
{
    private static readonly string File = Path.Combine(DeployFiles.RepositoryRoot, "deploy", "components", "scale-to-zero", "rbac.yaml");

    [Fact]
    public async Task The_file_is_what_the_subscriptions_say()
    {
        var generated = RbacOfParts.Write(AllFunctions.Compose());
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            await System.IO.File.WriteAllTextAsync(File, generated);
        }

        Assert.True(System.IO.File.Exists(File), $"{File} is missing: run once with REFRESH_GOLDEN=1.");
        Assert.Equal(await System.IO.File.ReadAllTextAsync(File), generated, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task The_bridge_watches_each_kind_that_is_subscribed_to_and_may_do_nothing_else_in_the_cluster()
    {
        var functions = AllFunctions.Compose();
        var watched = functions.OfType<IEventHandler>().SelectMany(f => f.Subscriptions).SelectMany(s => new[] { $"{s.Kind.Group} {s.Kind.Plural} list", $"{s.Kind.Group} {s.Kind.Plural} watch" }).Distinct(StringComparer.Ordinal);
        var role = Assert.Single(DeployFiles.Parse(RbacOfParts.Write(functions)), d => d.Text("kind") == "ClusterRole");
        Assert.Equal(watched.Append("authentication.k8s.io tokenreviews create").Order(StringComparer.Ordinal), RbacManifestTests.Granted(role).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_kind_that_only_one_function_subscribes_to_names_that_function()
    {
        var rules = RbacRules.Watching([new Subscriber("Both", KubernetesKinds.Pod, KubernetesKinds.Secret), new Subscriber("Pods", KubernetesKinds.Pod, KubernetesKinds.Pod)]);
        Assert.Equal(["pods: Both Pods", "secrets: Both"], rules.Select(r => $"{string.Join(' ', r.Resources)}: {string.Join(' ', r.NeededBy)}"));
    }

    /// <summary>What takes events for functions must believe the bridge, and the other way round; nobody has reason to believe admission.</summary>
    [Fact]
    public void The_accounts_of_the_parts_are_those_that_are_believed() =>
        Assert.Equal(Callers.OurAccounts.Order(StringComparer.Ordinal), new[] { RbacManifest.Account, RbacOfParts.Account(HostedParts.Bridge), RbacOfParts.Account(HostedParts.Events) }.Order(StringComparer.Ordinal));

    private sealed record Subscriber(string Name, params ResourceKind[] Kinds) : IEventHandler
    {
        public HostedParts Part => HostedParts.Events;

        public IReadOnlyList<AccessRule> Access => [];

        public IReadOnlyList<Subscription> Subscriptions => [.. Kinds.Select(k => new Subscription(k))];

        public Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation) => Task.FromResult(EventAnswer.Done);
    }
}
