namespace AgentWarden.AzureTests;

/// <summary>The way from the cluster: pods that get an identity are those that the manifests make.</summary>
public sealed class ClusterTests
{
    private const string Credentials = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

    [Fact]
    public async Task Each_of_our_accounts_gets_one_identity()
    {
        var credentials = (await Deployment.ExampleAsync()).Of(Credentials);
        Assert.Equal(
        [
            "agent-warden-bridge system:serviceaccount:agent-warden-system:agent-warden",
            "agent-warden-bridge system:serviceaccount:agent-warden-system:agent-warden-bridge",
            "agent-warden-functions system:serviceaccount:agent-warden-system:agent-warden-functions",
        ],
        credentials.Select(c => $"{c.Id.Split('/')[^3]} {c.Text("subject")}").Order(StringComparer.Ordinal));
        var audiences = credentials.Select(c => Assert.Single(c.At("audiences").EnumerateArray()).GetString());
        Assert.All(audiences, a => Assert.Equal("api://AzureADTokenExchange", a));
    }

    [Fact]
    public async Task The_accounts_are_those_of_the_manifests()
    {
        var deploy = Path.Combine(BicepProgram.RepositoryRoot, "deploy");
        var manifests = string.Concat(Directory.EnumerateFiles(deploy, "rbac.yaml", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (var credential in (await Deployment.ExampleAsync()).Of(Credentials))
        {
            var subject = credential.Text("subject").Split(':');
            var account = $"kind: ServiceAccount\nmetadata:\n  name: {subject[3]}\n  namespace: {subject[2]}\n";
            Assert.Contains(account, manifests, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_cluster_no_pod_gets_an_identity() =>
        Assert.Empty((await Deployment.SmallestAsync()).Of(Credentials));
}
