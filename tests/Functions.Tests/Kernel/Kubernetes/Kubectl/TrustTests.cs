using System.Security.Cryptography.X509Certificates;
using Xunit.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>Which servers are believed, and by which name they are asked for.</summary>
public sealed class TrustTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("root", true)]
    [InlineData("intermediate", true)]
    [InlineData("server", true)]
    [InlineData("other and root", true)]
    [InlineData("other", false)]
    [InlineData("none", false)]
    public async Task A_server_is_believed_that_comes_from_what_the_kubeconfig_names_or_is_it(string authority, bool believed)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        using var other = TestPki.Certificate("other", issuer: null, authority: true);
        var pem = authority switch
        {
            "root" => both.Pki.Root.ExportCertificatePem(),
            "intermediate" => both.Pki.Intermediate.ExportCertificatePem(),
            "server" => both.Pki.Server.ExportCertificatePem(),
            "other and root" => $"{other.ExportCertificatePem()}\n{both.Pki.Root.ExportCertificatePem()}",
            _ => other.ExportCertificatePem(),
        };
        var seen = await both.AskAsync(both.Config(authority is "none" ? "" : SameAsKubectl.Trusts(pem)));
        Assert.Equal(believed, seen is not null);
    }

    public static TheoryData<string> Impostors =>
    [
        "bears the intermediate's name", "signed by a server's certificate", "expired", "expired, known itself", "for clients", "no names",
    ];

    [Theory, MemberData(nameof(Impostors))]
    public async Task A_server_that_only_looks_like_it_is_not_believed(string how)
    {
        X509Certificate2? known = null;
        await using var both = await SameAsKubectl.StartAsync(output, pki =>
        {
            var shown = how switch
            {
                "bears the intermediate's name" => TestPki.Certificate("apiserver", pki.Intermediate, server: true, forged: true),
                "signed by a server's certificate" => TestPki.Certificate("apiserver", pki.Server, server: true),
                "expired" or "expired, known itself" => TestPki.Certificate("apiserver", pki.Intermediate, server: true, endsInHours: -1),
                "for clients" => TestPki.Certificate("127.0.0.1", pki.Intermediate),
                _ => TestPki.Certificate("127.0.0.1", issuer: null),
            };
            known = how is "expired, known itself" or "no names" ? shown
                : how is "signed by a server's certificate" ? pki.Server : pki.Intermediate;
            return TlsApiServer.StartAsync(shown, [pki.Intermediate, pki.Server], clients: null);
        });

        Assert.Null(await both.AskAsync(both.Config(SameAsKubectl.Trusts(known!.ExportCertificatePem()))));
        Assert.Empty(both.Server.Requests);
    }

    [Fact]
    public async Task The_tls_server_name_is_asked_for_and_checked_and_the_host_stays_the_host()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        var trusts = SameAsKubectl.Trusts(both.Pki.Intermediate.ExportCertificatePem());
        var seen = await both.AskAsync(both.Config($"{trusts},\"tls-server-name\":\"{TestPki.InnerName}\""));
        Assert.Equal(($"127.0.0.1:{both.Server.Port}", TestPki.InnerName), (seen!.Host, seen.ServerName));
        Assert.Null(await both.AskAsync(both.Config($"{trusts},\"tls-server-name\":\"api.other.example\"")));
    }

    [Fact]
    public async Task A_server_is_believed_unseen_only_when_that_is_said_and_no_authority_beside_it()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        const string skip = ",\"insecure-skip-tls-verify\":true";
        Assert.NotNull(await both.AskAsync(both.Config(skip)));
        var named = await both.AskAsync(both.Config($"{skip},\"tls-server-name\":\"api.other.example\""));
        Assert.Equal("api.other.example", named!.ServerName);
        Assert.Null(await both.AskAsync(both.Config(SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem()) + skip)));
    }

    [Fact]
    public async Task A_server_at_an_ipv6_address_is_reached()
    {
        await using var both = await SameAsKubectl.StartAsync(
            output, pki => TlsApiServer.StartAsync(pki.Server, [pki.Intermediate], clients: null, System.Net.IPAddress.IPv6Loopback));
        var trusts = SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem());
        var seen = await both.AskAsync(both.Config(trusts, server: $"https://[::1]:{both.Server.Port}"));
        Assert.Equal($"[::1]:{both.Server.Port}", seen!.Host);
    }
}
