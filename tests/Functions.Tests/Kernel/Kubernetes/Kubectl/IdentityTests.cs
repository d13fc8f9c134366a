using AgentWarden.Kernel.Kubernetes;
using Xunit.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>Who we say that we are.</summary>
public sealed class IdentityTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_rights_of_another_are_asked_for_with_every_request()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        var seen = await both.AskAsync(both.Config(
            Trusted(both),
            """
            {"token":"t","as":"readonly-user","as-groups":["viewers","dev"],"as-uid":"u-1",
             "as-user-extra":{"reason":["ticket-1","ticket-2"],"example.com/Scope":["a b"]}}
            """));
        Assert.Equal(
            "impersonate-extra-example.com%2fscope=a b impersonate-extra-reason=ticket-1|ticket-2"
            + " impersonate-group=viewers|dev impersonate-uid=u-1 impersonate-user=readonly-user",
            seen!.Impersonation);
    }

    [Theory]
    [InlineData("\"as-groups\":[\"viewers\"]")]
    [InlineData("\"as-user-extra\":{\"reason\":[\"x\"]}")]
    public async Task Groups_of_nobody_are_refused_before_anything_is_sent(string groups)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        Assert.Null(await both.AskAsync(both.Config(Trusted(both), $$"""{"token":"t",{{groups}}}""")));
        Assert.Empty(both.Server.Requests);
    }

    [Theory]
    [InlineData("""{"token":"t"}""", "Bearer t")]
    [InlineData("""{"username":"a","password":"b:c"}""", "Basic YTpiOmM=")]
    [InlineData("""{"tokenFile":"token"}""", "Bearer of-the-file")]
    [InlineData("""{"tokenFile":"token","token":"t"}""", "Bearer of-the-file")]
    [InlineData("""{"tokenFile":"absent","token":"t"}""", "Bearer t")]
    [InlineData("""{"token":"t","exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"./never"}}""", "Bearer t")]
    public async Task The_same_credential_is_shown(string user, string authorization)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        both.Write("token", "of-the-file\n");
        both.Write("never", "#!/bin/sh\nexit 1\n", runs: true);
        Assert.Equal(authorization, (await both.AskAsync(both.Config(Trusted(both), user)))!.Authorization);
    }

    /// <summary>kubectl asks the person who sits before it; nobody sits before us.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"token":""}""")]
    public async Task A_user_without_a_credential_shows_none(string user)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        var (seen, _) = await both.OursAsync(both.Config(Trusted(both), user));
        Assert.Null(seen!.Authorization);
    }

    [Fact]
    public async Task Many_groups_go_out_whole_and_repeatedly()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        var groups = Enumerable.Range(0, 400).Select(i => $"a-group-with-a-long-name-{i}").ToArray();
        var config = both.Config(Trusted(both), $$"""{"token":"t","as":"u","as-groups":["{{string.Join("\",\"", groups)}}"]}""");
        var seen = await both.AskAsync(config);
        Assert.Equal($"impersonate-group={string.Join('|', groups)} impersonate-user=u", seen!.Impersonation);

        using var client = new KubernetesClient(both.Connect(config));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.GetServerVersionAsync(CancellationToken.None)));
        Assert.All(both.Server.Requests, r => Assert.Equal(seen.Impersonation, r.Impersonation));
    }

    [Fact]
    public async Task A_client_certificate_is_sent_with_its_chain()
    {
        await using var both = await SameAsKubectl.StartAsync(
            output, pki => TlsApiServer.StartAsync(pki.Server, [pki.Intermediate], clients: pki.Root));
        var (chain, key) = both.Pki.Client("dev");
        both.Write("client.crt", chain);
        both.Write("client.key", key);
        const string files = """{"client-certificate":"client.crt","client-key":"client.key"}""";
        var data = $$"""{"client-certificate-data":"{{SameAsKubectl.Base64(chain)}}","client-key-data":"{{SameAsKubectl.Base64(key)}}"}""";
        Assert.Equal("CN=dev", (await both.AskAsync(both.Config(Trusted(both), files)))!.Client);
        Assert.Equal("CN=dev", (await both.AskAsync(both.Config(Trusted(both), data)))!.Client);
        Assert.Null(await both.AskAsync(both.Config(Trusted(both), """{"token":"t"}""")));
    }

    [Fact]
    public async Task A_pod_with_an_ipv6_service_address_reaches_its_server()
    {
        var pki = new TestPki();
        await using var server = await TlsApiServer.StartAsync(
            pki.Server, [pki.Intermediate], clients: null, System.Net.IPAddress.IPv6Loopback);
        var account = Directory.CreateTempSubdirectory("account").FullName;
        File.WriteAllText(Path.Combine(account, "ca.crt"), pki.Intermediate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(account, "token"), "pod\n");
        var port = server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var connection = ClusterConnection.InCluster(account, name => name == "KUBERNETES_SERVICE_HOST" ? "::1" : port);
        using var client = new KubernetesClient(connection, new() { Attempts = 1 });
        Assert.Equal(30, (await client.GetServerVersionAsync(CancellationToken.None)).Minor);
        Assert.Equal(($"[::1]:{server.Port}", "Bearer pod"), (server.Requests.Last().Host, server.Requests.Last().Authorization));
        Directory.Delete(account, recursive: true);
    }

    private static string Trusted(SameAsKubectl both) => SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem());
}
