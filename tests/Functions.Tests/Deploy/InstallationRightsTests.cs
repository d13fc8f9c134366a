using AgentWarden.Kernel.Contracts;
using System.Text.Json.Nodes;
using AgentWarden.Platform.Composition.Installing;

namespace AgentWarden.Tests.Deploy;

/// <summary>Of the three parts of an installation, each has the rights of its functions, and no account has more.</summary>
public sealed class InstallationRightsTests
{
    public static TheoryData<string> All => InstallationTests.All;

    [Theory, MemberData(nameof(All))]
    public async Task Each_account_has_the_roles_of_its_part_and_no_others(string variant)
    {
        using var installation = new Installation(variant);
        var functions = AllFunctions.Compose();
        foreach (var part in new[] { HostedParts.Admission, HostedParts.Events })
        {
            var roles = functions.Where(f => f.Access.Count > 0 && f.Part == part).Select(f => $"ClusterRole agent-warden-{RbacManifest.Kebab(f.Name)}");
            Assert.Equal(roles.Order(StringComparer.Ordinal), Roles(installation, RbacOfParts.Account(part)).Order(StringComparer.Ordinal));
        }

        Assert.Equal(["ClusterRole agent-warden-bridge", "Role agent-warden-bridge", "Role agent-warden-leader"], Roles(installation, RbacOfParts.Account(HostedParts.Bridge)).Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(All))]
    public void The_account_of_the_whole_has_no_rights_and_is_nobodys(string variant)
    {
        using var installation = new Installation(variant);
        Assert.Empty(Roles(installation, RbacManifest.Account));
        var accounts = installation.Of("ServiceAccount").Select(Installation.Name).ToArray();
        Assert.DoesNotContain(RbacManifest.Account, accounts);
        Assert.Equal(accounts.Order(StringComparer.Ordinal), installation.Workloads.Values.Select(w => (string)w["spec"]!["template"]!["spec"]!["serviceAccountName"]!).Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(All))]
    public void Every_binding_is_of_a_role_that_is_there_to_an_account_that_is_there(string variant)
    {
        using var installation = new Installation(variant);
        var roles = installation.Objects.Where(o => Installation.Kind(o) is "ClusterRole" or "Role").Select(r => $"{Installation.Kind(r)} {Installation.Name(r)}").ToArray();
        var accounts = installation.Of("ServiceAccount").Select(Installation.Name).ToArray();
        var bindings = Bindings(installation).ToArray();
        Assert.Equal(roles.Order(StringComparer.Ordinal), bindings.Select(Role).Order(StringComparer.Ordinal));
        Assert.All(bindings, b => Assert.Contains((string)Assert.Single(b["subjects"]!.AsArray())!["name"]!, accounts));
    }

    private static IEnumerable<string> Roles(Installation installation, string account) => Bindings(installation).Where(b => Installation.List(b["subjects"]).Any(s => (string?)s["name"] == account)).Select(Role);

    private static IEnumerable<JsonObject> Bindings(Installation installation) => installation.Objects.Where(o => Installation.Kind(o).EndsWith("RoleBinding", StringComparison.Ordinal));

    private static string Role(JsonObject binding) => $"{binding["roleRef"]!["kind"]} {binding["roleRef"]!["name"]}";
}
