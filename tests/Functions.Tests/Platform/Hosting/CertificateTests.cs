using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class CertificateTests
{
    private static readonly HttpRoutes Routes = new(new HttpRoute("hello", ["GET"], (_, _) => Task.FromResult(HttpAnswer.OfText(200, "hello"))));

    [Theory]
    [InlineData("warden.system.svc", 1)]
    [InlineData("warden.system.svc", 2)]
    [InlineData("127.0.0.1", 2)]
    public async Task A_certificate_of_ours_is_trusted_by_its_bundle_over_both_protocols(string host, int version)
    {
        var made = Make();
        await using var server = await RunningServer.StartAsync(Routes, certificate: new InMemoryCertificate(made.Certificate));
        using var client = Client(server, made.CaBundlePem);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{host}:{server.Server.Address("tls").Port}/hello") { Version = new Version(version, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request);
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public void The_key_fits_and_prints_nothing()
    {
        var made = Make();
        using var pair = X509Certificate2.CreateFromPem(made.CertificatePem, System.Text.Encoding.UTF8.GetString(made.KeyPem.Reveal()));
        Assert.Equal(made.Certificate.Thumbprint, pair.Thumbprint);
        Assert.DoesNotContain("PRIVATE", made.ToString(), StringComparison.Ordinal);
        Assert.True(made.Certificate.NotBefore < DateTime.Now && made.Certificate.NotAfter > DateTime.Now.AddDays(29));
    }

    [Fact]
    public async Task A_certificate_is_taken_anew_when_the_kubelet_swaps_the_volume()
    {
        using var folder = new TemporaryFolder();
        var first = Make();
        var second = Make();
        Volume(folder.Path, "..2025_a", first);
        using var files = new CertificateFiles(Path.Combine(folder.Path, "tls.crt"), Path.Combine(folder.Path, "tls.key"), NullLoggerFactory.Instance, poll: TimeSpan.FromMilliseconds(20));
        await using var server = await RunningServer.StartAsync(Routes, certificate: files);
        Assert.Equal(first.Certificate.Thumbprint, await ServedAsync(server));

        Volume(folder.Path, "..2025_b", second);
        await UntilAsync(async () => await ServedAsync(server) == second.Certificate.Thumbprint);
    }

    [Fact]
    public async Task A_pair_that_does_not_fit_leaves_the_old_one_in_use()
    {
        using var folder = new TemporaryFolder();
        var first = Make();
        Write(folder.Path, first);
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var files = new CertificateFiles(Path.Combine(folder.Path, "tls.crt"), Path.Combine(folder.Path, "tls.key"), NullLoggerFactory.Instance, clock);
        var second = Make();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "tls.crt"), second.CertificatePem);
        files.Look();
        Assert.Equal(first.Certificate.Thumbprint, files.Current!.TargetCertificate.Thumbprint);
        File.Delete(Path.Combine(folder.Path, "tls.key"));
        files.Look();
        Assert.Null(files.Problem);
        Write(folder.Path, second);
        files.Look();
        Assert.Equal(second.Certificate.Thumbprint, files.Current!.TargetCertificate.Thumbprint);
    }

    [Fact]
    public async Task Without_files_the_server_starts_and_says_it_is_not_ready()
    {
        using var folder = new TemporaryFolder();
        using var files = new CertificateFiles(Path.Combine(folder.Path, "tls.crt"), Path.Combine(folder.Path, "tls.key"), NullLoggerFactory.Instance, poll: TimeSpan.FromHours(1));
        await using var server = await RunningServer.StartAsync(Routes, certificate: files);
        Assert.Contains("cannot be read", Assert.Single(server.Readiness.Reasons()), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => ServedAsync(server));

        var made = Make();
        Write(folder.Path, made);
        files.Look();
        Assert.Empty(server.Readiness.Reasons());
        Assert.Equal(made.Certificate.Thumbprint, await ServedAsync(server));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Intermediates_are_sent(bool direct)
    {
        var now = DateTimeOffset.UtcNow;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("root", rootKey).CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var middle = Authority("middle", middleKey).Create(root, now.AddDays(-1), now.AddDays(1), [1]).CopyWithPrivateKey(middleKey);
        using var leaf = new CertificateRequest("CN=leaf", leafKey, HashAlgorithmName.SHA256).Create(middle, now.AddDays(-1), now.AddDays(1), [2]).CopyWithPrivateKey(leafKey);
        X509Certificate2Collection chain = [middle];
        var context = direct ? TlsContext.Direct(leaf, chain) : SslStreamCertificateContext.Create(leaf, chain, offline: true);
        await using var server = await RunningServer.StartAsync(Routes, certificate: new Fixed(context));

        List<string> sent = [];
        await ServedAsync(server, (_, sentChain) => sent.AddRange(sentChain!.ChainPolicy.ExtraStore.Select(c => c.Subject)));
        Assert.Contains("CN=middle", sent);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static ServingCertificate Make() => CertificateFactory.Create(["warden.system.svc"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromDays(30));

    private static void Write(string folder, ServingCertificate made)
    {
        File.WriteAllText(Path.Combine(folder, "tls.crt"), made.CertificatePem);
        File.WriteAllBytes(Path.Combine(folder, "tls.key"), made.KeyPem.Reveal().ToArray());
    }

    /// <summary>As the kubelet does it: a new folder, and <c>..data</c> is renamed over to point at it.</summary>
    private static void Volume(string root, string version, ServingCertificate made)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, version));
        Write(folder.FullName, made);
        var data = Path.Combine(root, "..data");
        if (!Directory.Exists(data))
        {
            File.CreateSymbolicLink(Path.Combine(root, "tls.crt"), "..data/tls.crt");
            File.CreateSymbolicLink(Path.Combine(root, "tls.key"), "..data/tls.key");
        }

        File.CreateSymbolicLink(Path.Combine(root, "..data_tmp"), version);
        Assert.Equal(0, Rename(Path.Combine(root, "..data_tmp"), data));
    }

    // File.Move follows the link; rename(2) replaces it, and that is what the kubelet calls.
    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi)]
    private static extern int Rename(string from, string to);

    private static async Task<string> ServedAsync(RunningServer server, Action<X509Certificate?, X509Chain?>? look = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Server.Address("tls"));
        await using var tls = new SslStream(socket.GetStream());
        string? thumbprint = null;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                thumbprint = certificate!.GetCertHashString();
                look?.Invoke(certificate, chain);
                return true;
            },
        });
        return thumbprint!;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static HttpClient Client(RunningServer server, string caBundle)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(caBundle);
        return new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(server.Server.Address("tls"), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { roots[0] }, RevocationMode = X509RevocationMode.NoCheck },
            },
        });
    }

    private sealed class Fixed(SslStreamCertificateContext context) : ICertificateSource
    {
        public SslStreamCertificateContext? Current => context;

        public string? Problem => null;
    }
}
