using AgentWarden.Kernel.Kubernetes.Connection;
using Xunit.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>The way out, and where it is not taken.</summary>
public sealed class ProxyTests(ITestOutputHelper output)
{
    private const string Inner = $"https://{TestPki.InnerName}";

    [Fact]
    public async Task The_clusters_own_proxy_is_always_taken_and_the_server_is_checked_behind_it()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        using var proxy = new ProxyStandIn(both.Server.Port, wants: "Basic dXNlcjpwYXNzOndvcmQ=");
        both.Environment["NO_PROXY"] = "*";
        var trusts = SameAsKubectl.Trusts(both.Pki.Intermediate.ExportCertificatePem());
        var cluster = $"{trusts},\"proxy-url\":\"http://user:pass%3Aword@{proxy.Address}\"";
        var seen = await both.AskAsync(both.Config(cluster, """{"token":"t"}""", server: $"{Inner}:6443"));
        Assert.Equal(($"{TestPki.InnerName}:6443", "Bearer t"), (seen!.Host, seen.Authorization));
        Assert.All(proxy.Asked, asked => Assert.Equal($"{TestPki.InnerName}:6443", asked));

        Assert.Null(await both.AskAsync(both.Config(cluster, server: "https://api.other.example:6443")));
        Assert.NotNull(await both.AskAsync(both.Config(cluster, server: $"https://127.0.0.1:{both.Server.Port}")));
    }

    [Fact]
    public async Task Behind_a_proxy_the_tls_server_name_is_what_is_checked()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        using var proxy = new ProxyStandIn(both.Server.Port);
        var trusts = SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem());
        string Config(string name) => both.Config(
            $"{trusts},\"proxy-url\":\"http://{proxy.Address}\",\"tls-server-name\":\"{name}\"", server: "https://api.other.example:6443");

        // .NET asks for the host's name there, kubectl for the other: only a server that has many names could tell.
        var (ours, why) = await both.OursAsync(Config(TestPki.InnerName));
        Assert.True(ours?.Host == "api.other.example:6443", why);
        Assert.Null(await both.AskAsync(Config("api.third.example")));
    }

    public static TheoryData<string, string, bool> Rules => new()
    {
        { "", $"{Inner}:6443", true },
        { "*", $"{Inner}:6443", false },
        { "other.example,  inner.example ", $"{Inner}:6443", false },
        { ".inner.example", $"{Inner}:6443", false },
        { "*.inner.example", $"{Inner}:6443", false },
        { "API.Inner.Example", $"{Inner}:6443", false },
        { ".api.inner.example", $"{Inner}:6443", true },
        { "ner.example", $"{Inner}:6443", true },
        { "inner.example:6443", $"{Inner}:6443", false },
        { "inner.example:443", $"{Inner}:6443", true },
        { "inner.example:443", Inner, false },
        { "10.0.0.0/8", "https://10.1.2.3:6443", false },
        { "10.9.9.9/8", "https://10.1.2.3:6443", false },
        { "10.1.2.3", "https://10.1.2.3:6443", false },
        { "10.1.2.3:6443", "https://10.1.2.3:6443", false },
        { "10.1.2.3:443", "https://10.1.2.3:6443", true },
        { "10.0.0.0/16", "https://10.1.2.3:6443", true },
        { "fd00::/8", "https://[fd00::1]:6443", false },
        { "[fd00::1]:6443", "https://[fd00::1]:6443", false },
        { "fd00::2", "https://[fd00::1]:6443", true },
    };

    [Theory, MemberData(nameof(Rules))]
    public async Task No_proxy_is_read_as_kubectl_reads_it(string rule, string server, bool proxied)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        using var proxy = new ProxyStandIn(both.Server.Port);
        both.Environment["https_proxy"] = proxy.Address;
        both.Environment["NO_PROXY"] = rule;
        var ours = EnvironmentProxy.For(new Uri(server), name => both.Environment.GetValueOrDefault(name))!;
        Assert.Equal(proxied, ours.GetProxy(new Uri(server)) is not null);
        Assert.Equal(!proxied, ours.IsBypassed(new Uri(server)));
        if (KubectlProgram.Found is null)
        {
            output.WriteLine("There is no kubectl here: compared with what kubectl was seen to do.");
            return;
        }

        var config = both.Config(",\"insecure-skip-tls-verify\":true", """{"token":"t"}""", server);
        var environment = new Dictionary<string, string>(both.Environment, StringComparer.Ordinal) { ["HOME"] = both.Folder };
        await KubectlProgram.RunAsync(["--kubeconfig", config, "--request-timeout=1s", "get", "--raw", "/version"], environment);
        Assert.Equal(proxied, !proxy.Asked.IsEmpty);
    }

    [Fact]
    public async Task The_environments_proxy_is_taken_but_not_to_this_machine()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        using var proxy = new ProxyStandIn(both.Server.Port);
        both.Environment["HTTPS_PROXY"] = $"http://{proxy.Address}";
        both.Environment["HTTP_PROXY"] = "http://127.0.0.1:1";
        var trusts = SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem());
        Assert.NotNull(await both.AskAsync(both.Config(trusts)));
        Assert.Empty(proxy.Asked);
        Assert.NotNull(await both.AskAsync(both.Config(trusts, server: Inner)));
        Assert.All(proxy.Asked, asked => Assert.Equal($"{TestPki.InnerName}:443", asked));
        Assert.NotEmpty(proxy.Asked);
    }
}
