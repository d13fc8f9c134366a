using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Kubernetes.Connection;

namespace AgentWarden.Tests.Kernel.Kubernetes;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_context_becomes_a_connection()
    {
        var (certificate, key) = Pems();
        var file = Write("config", $$"""
            apiVersion: v1
            kind: Config
            current-context: dev
            clusters:
            - name: c
              cluster: {server: "https://10.0.0.1:6443/prefix/", certificate-authority-data: {{Base64(certificate)}}, tls-server-name: api, proxy-url: "http://proxy:3128"}
            users:
            - name: u
              user: {client-certificate-data: {{Base64(certificate)}}, client-key: key.pem, token: t0ken}
            contexts:
            - name: dev
              context: {cluster: c, user: u, namespace: work}
            """);
        Write("key.pem", key);

        var connection = ClusterConnection.FromKubeConfig(file);
        var credential = await connection.Credentials.GetAsync(default);

        Assert.Equal("https://10.0.0.1:6443/prefix/", connection.Server.AbsoluteUri);
        Assert.Equal(("work", "dev", "api"), (connection.Namespace, connection.Context, connection.TlsServerName));
        Assert.Equal("http://proxy:3128/", connection.Proxy!.GetProxy(connection.Server)!.AbsoluteUri);
        Assert.Single(connection.Authorities!);
        Assert.True(credential.Certificate!.TargetCertificate.HasPrivateKey);
        Assert.Equal("t0ken", credential.Authorization!.Parameter);
        Assert.DoesNotContain("t0ken", connection.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_files_the_first_wins_and_an_absent_one_is_skipped()
    {
        var first = Write("first", "current-context: a\nclusters: [{name: c, cluster: {server: 'https://first'}}]\n");
        var second = Write("second", "current-context: b\nclusters: [{name: c, cluster: {server: 'https://second'}}]\ncontexts: [{name: a, context: {cluster: c}}]\n");
        var list = string.Join(Path.PathSeparator, Path.Combine(_folder, "absent"), first, second);

        var connection = ClusterConnection.FromKubeConfig(environment: name => name == "KUBECONFIG" ? list : null);

        Assert.Equal("first", connection.Server.Host);
        Assert.Equal("default", connection.Namespace);
    }

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "{server: 'https://x'", "{cluster: c, user: u}", "line" },
        { "{}", "{cluster: c, user: u}", "clusters[c].cluster.server" },
        { "{server: 'not a url'}", "{cluster: c, user: u}", "clusters[c].cluster.server" },
        { "{server: 'https://x', certificate-authority-data: '%%'}", "{cluster: c, user: u}", "clusters[c].cluster.certificate-authority-data" },
        { "{server: 'https://x', certificate-authority: none.pem}", "{cluster: c, user: u}", "clusters[c].cluster.certificate-authority" },
        { "{server: 'https://x', insecure-skip-tls-verify: maybe}", "{cluster: c, user: u}", "clusters[c].cluster.insecure-skip-tls-verify" },
        { "{server: 'https://x'}", "{cluster: other, user: u}", "contexts[x].context.cluster" },
        { "{server: 'https://x'}", "{cluster: c, user: other}", "contexts[x].context.user" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void A_mistake_is_named_with_file_and_field(string cluster, string context, string field)
    {
        var file = Write("config", $"current-context: x\nclusters: [{{name: c, cluster: {cluster}}}]\nusers: [{{name: u, user: {{token: t0ken}}}}]\ncontexts: [{{name: x, context: {context}}}]\n");

        var e = Assert.Throws<KubeConfigException>(() => ClusterConnection.FromKubeConfig(file));

        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains(field, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_context_and_an_absent_file_say_what_there_is()
    {
        var file = Write("config", "contexts: [{name: one, context: {}}, {name: two, context: {}}]\n");

        Assert.Contains("one, two", Assert.Throws<KubeConfigException>(() => ClusterConnection.FromKubeConfig(file, "three")).Message, StringComparison.Ordinal);
        Assert.Contains("one, two", Assert.Throws<KubeConfigException>(() => ClusterConnection.FromKubeConfig(file)).Message, StringComparison.Ordinal);
        Assert.Contains("KUBECONFIG", Assert.Throws<KubeConfigException>(() => ClusterConnection.FromKubeConfig(Path.Combine(_folder, "absent"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3", "https://10.1.2.3/")]
    [InlineData("fd00::1", "https://[fd00::1]/")]
    public async Task Inside_a_pod_the_service_account_is_used_and_its_token_read_again(string host, string server)
    {
        Write("ca.crt", Pems().Certificate);
        Write("namespace", "agents\n");
        var token = Write("token", "one\n");
        var time = new ManualTime();
        var connection = ClusterConnection.InCluster(_folder, name => name == "KUBERNETES_SERVICE_HOST" ? host : "443", time);

        Assert.Equal(server, connection.Server.AbsoluteUri);
        Assert.Equal("agents", connection.Namespace);
        Assert.Equal("one", await Token());
        File.WriteAllText(token, "two");
        Assert.Equal("one", await Token());
        time.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal("two", await Token());
        File.Delete(token);
        time.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal("two", await Token());

        async Task<string> Token() => (await connection.Credentials.GetAsync(default)).Authorization!.Parameter!;
    }

    [Fact]
    public void Outside_a_pod_that_is_said() =>
        Assert.Contains("not a pod", Assert.Throws<KubeConfigException>(() => ClusterConnection.InCluster(_folder, _ => null)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_refused_token_is_asked_for_again_once()
    {
        Write("token", "old");
        var calls = 0;
        await using var server = await FakeApiServer.StartAsync(c =>
        {
            File.WriteAllText(Path.Combine(_folder, "token"), "new");
            return Interlocked.Increment(ref calls) == 1 ? c.StatusAsync((int)HttpStatusCode.Unauthorized, "Unauthorized") : c.JsonAsync("""{"major":"1","minor":"30"}""");
        });
        using var client = new KubernetesClient(new ClusterConnection { Server = server.Address, Description = "", Credentials = new FileTokenSource(Path.Combine(_folder, "token"), "token", certificate: null, TimeProvider.System) });

        Assert.Equal(30, (await client.GetServerVersionAsync(default)).Minor);
        Assert.Equal(["Bearer old", "Bearer new"], server.Authorizations);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static (string Certificate, string Key) Pems()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}

/// <summary>A clock that the test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks = DateTimeOffset.UnixEpoch.AddYears(50).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Pass(TimeSpan time) => _ticks += time.Ticks;

    public override DateTimeOffset GetUtcNow() => new(_ticks, TimeSpan.Zero);

    public override long GetTimestamp() => _ticks;
}
