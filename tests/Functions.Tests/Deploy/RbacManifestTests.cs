using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>deploy/base/rbac.yaml is what the functions ask for, no more and no less.</summary>
public sealed class RbacManifestTests
{
    private static readonly string File = Path.Combine(DeployFiles.RepositoryRoot, "deploy", "base", "rbac.yaml");

    [Fact]
    public async Task The_file_is_what_the_functions_say()
    {
        var generated = RbacManifest.Write(AllFunctions.Compose());
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            await System.IO.File.WriteAllTextAsync(File, generated);
        }

        Assert.True(System.IO.File.Exists(File), "deploy/base/rbac.yaml is missing: run once with REFRESH_GOLDEN=1.");
        Assert.Equal(await System.IO.File.ReadAllTextAsync(File), generated, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Does_not_depend_on_the_order_of_the_functions()
    {
        var functions = AllFunctions.Compose();
        Assert.Equal(RbacManifest.Write(functions), RbacManifest.Write([.. functions.Reverse()]));
    }

    [Fact]
    public async Task Each_function_has_exactly_what_it_asked_for()
    {
        var functions = AllFunctions.Compose();
        var roles = DeployFiles.Parse(RbacManifest.Write(functions)).Where(d => d.Text("kind") == "ClusterRole").ToDictionary(d => d.Map("metadata")!.Text("name")!, Granted, StringComparer.Ordinal);
        Assert.Equal(functions.Count(f => f.Access.Count > 0), roles.Count);
        foreach (var function in functions.Where(f => f.Access.Count > 0))
        {
            var asked = function.Access.SelectMany(a => a.Verbs.Select(v => $"{a.Kind.Group} {a.Kind.Plural}{(a.Subresource is null ? "" : "/" + a.Subresource)} {v}"));
            Assert.Equal(asked.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), roles[$"agent-warden-{RbacManifest.Kebab(function.Name)}"].Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Every_role_is_bound_to_the_account_and_nothing_is_a_wildcard()
    {
        var yaml = RbacManifest.Write(AllFunctions.Compose());
        var documents = DeployFiles.Parse(yaml);
        var account = Assert.Single(documents, d => d.Text("kind") == "ServiceAccount").Map("metadata")!;
        foreach (var role in documents.Where(d => d.Text("kind") is "ClusterRole" or "Role"))
        {
            var name = role.Map("metadata")!.Text("name");
            var binding = Assert.Single(documents, d => d.Text("kind") == role.Text("kind") + "Binding" && d.Map("roleRef")!.Text("name") == name);
            var subject = Assert.IsType<YamlMappingNode>(Assert.Single(binding.List("subjects")));
            Assert.Equal((account.Text("name"), account.Text("namespace")), (subject.Text("name"), subject.Text("namespace")));
        }

        Assert.DoesNotContain("*", yaml, StringComparison.Ordinal);
    }

    /// <summary>The Lease is the process's own: it is granted in its namespace only.</summary>
    [Fact]
    public async Task Leases_are_granted_in_the_own_namespace_only()
    {
        var documents = DeployFiles.Parse(RbacManifest.Write(AllFunctions.Compose()));
        Assert.All(documents.Where(d => d.Text("kind") == "ClusterRole"), r => Assert.DoesNotContain(Granted(r), g => g.Contains("leases", StringComparison.Ordinal)));
        var role = Assert.Single(documents, d => d.Text("kind") == "Role");
        Assert.Equal("agent-warden-system", role.Map("metadata")!.Text("namespace"));
        Assert.Equal(["coordination.k8s.io leases create", "coordination.k8s.io leases get", "coordination.k8s.io leases update"], Granted(role).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rules_are_merged_and_say_who_needs_all_of_them()
    {
        var reader = new Declared("Reader", new AccessRule(KubernetesKinds.Secret, null, "watch", "get"), new AccessRule(KubernetesKinds.Secret, null, "list"));
        var writer = new Declared("Writer", new AccessRule(KubernetesKinds.Secret, null, "get", "list", "watch", "delete"), new AccessRule(KubernetesKinds.Pod, null, "delete", "get", "list", "watch"));
        IReadOnlyList<IHandler> all = [reader, writer];
        var read = Assert.Single(RbacRules.Of(reader, all));
        Assert.Equal(["get", "list", "watch"], read.Verbs);
        Assert.Equal(["Reader", "Writer"], read.NeededBy);
        var write = Assert.Single(RbacRules.Of(writer, all));
        Assert.Equal(["pods", "secrets"], write.Resources);
        Assert.Equal(["Writer"], write.NeededBy);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("deletecollection")]
    [InlineData("Get")]
    public void A_verb_that_is_not_one_of_the_known_is_refused(string verb)
    {
        var greedy = new Declared("Greedy", new AccessRule(KubernetesKinds.Secret, null, "get", verb));
        Assert.Contains(verb, Assert.Throws<ArgumentException>(() => RbacManifest.Write([greedy])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SecretProvisioning", "secret-provisioning")]
    [InlineData("LLMAccess", "llm-access")]
    [InlineData("EventIntake", "event-intake")]
    public void Names_are_kebab_case(string name, string kebab) => Assert.Equal(kebab, RbacManifest.Kebab(name));

    internal static IEnumerable<string> Granted(YamlMappingNode role) =>
        from rule in role.List("rules").Cast<YamlMappingNode>()
        from @group in rule.Texts("apiGroups")
        from resource in rule.Texts("resources")
        from verb in rule.Texts("verbs")
        select $"{@group} {resource} {verb}";

    private sealed record Declared(string Name, params AccessRule[] Rules) : IHandler
    {
        public HostedParts Part => HostedParts.Admission;

        public IReadOnlyList<AccessRule> Access => Rules;
    }
}
