using AgentWarden.Kernel.Kubernetes;
using Xunit.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>Credentials from a plugin.</summary>
public sealed class ExecTests(ITestOutputHelper output)
{
    private const string Version = "client.authentication.k8s.io/v1beta1";

    [Fact]
    public async Task A_token_with_a_null_expiry_does_not_expire_and_the_plugin_runs_once()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        Plugin(both, """{"expirationTimestamp":null,"token":"t","clientCertificateData":"","clientKeyData":null}""");
        Assert.Equal("Bearer t", (await both.AskAsync(Config(both)))!.Authorization);

        File.Delete(Path.Combine(both.Folder, "runs"));
        using var client = new KubernetesClient(both.Connect(Config(both)));
        both.Server.Requests.Clear();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.GetServerVersionAsync(CancellationToken.None)));
        await client.GetServerVersionAsync(CancellationToken.None);
        Assert.Equal(5, both.Server.Requests.Count);
        Assert.Single(File.ReadLines(Path.Combine(both.Folder, "runs")));
    }

    [Fact]
    public async Task Arguments_and_variables_reach_the_plugin_as_they_are_written()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        both.Write(
            "plugin",
            $$$"""
            #!/bin/sh
            printf '{"kind":"ExecCredential","apiVersion":"{{{Version}}}","status":{"token":"%s.%s.%s"}}' "$#" "$2" "$EXTRA"
            """,
            runs: true);
        var config = Config(both, ""","args":["--as","a b","c"],"env":[{"name":"EXTRA","value":"d=e"}]""");
        Assert.Equal("Bearer 3.a b.d=e", (await both.AskAsync(config))!.Authorization);
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo no json")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}'""")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{}}'""")]
    public async Task What_is_no_answer_is_no_credential(string script)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        both.Write("plugin", $"#!/bin/sh\n{script}\n", runs: true);
        Assert.Null(await both.AskAsync(Config(both)));
        Assert.Empty(both.Server.Requests);
    }

    [Fact]
    public async Task A_certificate_that_the_plugin_renews_is_used_on_new_connections()
    {
        await using var both = await SameAsKubectl.StartAsync(
            output, pki => TlsApiServer.StartAsync(pki.Server, [pki.Intermediate], clients: pki.Root));
        Issue("first");
        Assert.Equal("CN=first", (await both.AskAsync(Config(both)))!.Client);

        using var client = new KubernetesClient(both.Connect(Config(both)));
        await client.GetServerVersionAsync(CancellationToken.None);
        Issue("second");
        both.Server.Refuse = seen => seen.Client == "CN=second" ? null : 401;
        await client.GetServerVersionAsync(CancellationToken.None);
        Assert.Equal("CN=second", both.Server.Requests.Last().Client);

        void Issue(string name)
        {
            var (chain, key) = both.Pki.Client(name);
            Plugin(both, $$"""{"clientCertificateData":"{{OneLine(chain)}}","clientKeyData":"{{OneLine(key)}}"}""");
        }
    }

    private static string OneLine(string pem) => pem.Replace("\n", "\\n", StringComparison.Ordinal);

    private static void Plugin(SameAsKubectl both, string status)
    {
        both.Write("answer", $$"""{"kind":"ExecCredential","apiVersion":"{{Version}}","status":{{status}}}""");
        both.Write("plugin", "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho run >> runs\ncat answer\n", runs: true);
    }

    private static string Config(SameAsKubectl both, string more = "") => both.Config(
        SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem()),
        $$"""{"exec":{"apiVersion":"{{Version}}","command":"./plugin"{{more}} } }""");
}
