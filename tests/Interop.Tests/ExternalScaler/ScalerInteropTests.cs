using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using AgentWarden.Platform.Hosting;
using AgentWarden.Tests.Platform.ExternalScaler;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.InteropTests.ExternalScaler;

/// <summary>The scaler as an independent gRPC client with a contract of its own sees it.</summary>
public sealed class ScalerInteropTests : IDisposable
{
    private const int InvalidArgument = 3, ResourceExhausted = 8, Unimplemented = 12, Unavailable = 14;

    private readonly FakeBacklog _backlog = new("SecretProvisioning", "SecretRotation");
    private readonly TestAuthority _authority = new("ours"), _other = new("other");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent-warden-");

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_call_works_in_plain_text_over_TLS_and_over_mutual_TLS(bool tls, bool mutual)
    {
        using var certificate = _authority.Issue("server", forServer: true);
        using var clients = mutual ? Clients() : null;
        await using var server = await StartAsync(tls ? new InMemoryCertificate(certificate) : null, clients);
        using var own = _authority.Issue("client", forServer: false);
        await using var client = await ScalerClient.StartAsync(server.Address, tls ? _authority.Pem : null, mutual ? own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() : null, mutual ? own.ExportCertificatePem() : null);
        _backlog.Set("SecretProvisioning", waiting: 10, inFlight: 2, delayed: 3, failing: 1);
        _backlog.Set("SecretRotation", waiting: 7);
        var about = ScalerClient.About("functions", "secretprovisioning", "targetBacklog", "5");

        var spec = (await client.UnaryAsync("GetMetricSpec", about)).GetProperty("metricSpecs")[0];
        Assert.Equal("""{"targetSizeFloat":5,"targetSize":"5","metricName":"agent-warden-secretprovisioning"}""", Sorted(spec));
        var asked = new JsonObject { ["scaledObjectRef"] = about.DeepClone(), ["metricName"] = "agent-warden-secretprovisioning" };
        var value = (await client.UnaryAsync("GetMetrics", asked)).GetProperty("metricValues")[0];
        Assert.Equal("""{"metricValueFloat":12,"metricValue":"12","metricName":"agent-warden-secretprovisioning"}""", Sorted(value));
        Assert.True((await client.UnaryAsync("IsActive", ScalerClient.About("functions", "SecretProvisioning", "activationBacklog", "11"))).GetProperty("result").GetBoolean());
        Assert.False((await client.UnaryAsync("IsActive", ScalerClient.About("functions", "SecretProvisioning", "activationBacklog", "12"))).GetProperty("result").GetBoolean());

        _backlog.Set("SecretProvisioning", waiting: 0);
        var stream = client.Call("StreamIsActive", ScalerClient.About("functions", "SecretProvisioning"));
        Assert.False(await client.ActiveAsync(stream));
        _backlog.Set("SecretProvisioning", waiting: 1);
        Assert.True(await client.ActiveAsync(stream));
        _backlog.Set("SecretProvisioning", waiting: 0);
        Assert.False(await client.ActiveAsync(stream));
        _backlog.Set("SecretProvisioning", waiting: 0, inFlight: 1);
        Assert.True(await client.ActiveAsync(stream));
        Assert.Empty(server.Errors);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Over_mutual_TLS_no_certificate_and_a_foreign_one_are_refused(bool foreign)
    {
        using var certificate = _authority.Issue("server", forServer: true);
        using var clients = Clients();
        await using var server = await StartAsync(new InMemoryCertificate(certificate), clients);
        using var other = _other.Issue("client", forServer: false);
        await using var client = await ScalerClient.StartAsync(server.Address, _authority.Pem, foreign ? other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() : null, foreign ? other.ExportCertificatePem() : null);
        Assert.Equal(Unavailable, (await client.EndAsync(client.Call("IsActive", ScalerClient.About()))).Code);
        // A stream too, and nothing of it reaches the scaler.
        Assert.Equal(Unavailable, (await client.EndAsync(client.Call("StreamIsActive", ScalerClient.About()))).Code);
        Assert.Equal(0, _backlog.Subscriptions);
    }

    [Fact]
    public async Task A_mistake_arrives_with_its_text()
    {
        await using var server = await StartAsync();
        await using var client = await ScalerClient.StartAsync(server.Address);
        var (code, details) = await client.EndAsync(client.Call("GetMetricSpec", ScalerClient.About("functions", "Gefäß 100%")));
        Assert.Equal(InvalidArgument, code);
        Assert.Contains("\"Gefäß 100%\", which is no function with a backlog. Write one or more of SecretProvisioning, SecretRotation", details, StringComparison.Ordinal);
        Assert.Equal(InvalidArgument, (await client.EndAsync(client.Call("StreamIsActive", ScalerClient.About("targetBacklog", "none")))).Code);
    }

    [Fact]
    public async Task What_KEDAs_next_version_asks_for_is_UNIMPLEMENTED()
    {
        await using var server = await StartAsync();
        await using var client = await ScalerClient.StartAsync(server.Address);
        Assert.Equal(Unimplemented, (await client.EndAsync(client.Call("StreamMetricSpec", ScalerClient.About()))).Code);
    }

    [Fact]
    public async Task A_large_message_is_taken_and_a_larger_one_refused()
    {
        await using var server = await StartAsync();
        await using var client = await ScalerClient.StartAsync(server.Address);
        Assert.False((await client.UnaryAsync("IsActive", ScalerClient.About("other", new string('x', 3_000_000)))).GetProperty("result").GetBoolean());
        Assert.Equal(ResourceExhausted, (await client.EndAsync(client.Call("IsActive", ScalerClient.About("other", new string('x', 5_000_000))))).Code);
        Assert.False((await client.UnaryAsync("IsActive", ScalerClient.About())).GetProperty("result").GetBoolean());
    }

    [Fact]
    public async Task Compressed_messages_are_refused()
    {
        await using var server = await StartAsync();
        await using var client = await ScalerClient.StartAsync(server.Address, options: new() { ["grpc.default_compression_algorithm"] = 2 });
        var (code, details) = await client.EndAsync(client.Call("IsActive", ScalerClient.About()));
        Assert.Equal(Unimplemented, code);
        Assert.Contains("Supported encodings: identity", details, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        _folder.Delete(recursive: true);
    }

    private Task<RunningScaler> StartAsync(ICertificateSource? certificate = null, ClientAuthorityFile? clients = null) =>
        RunningScaler.StartAsync(_backlog, certificate, clients);

    private ClientAuthorityFile Clients()
    {
        var path = Path.Combine(_folder.FullName, "ca.crt");
        File.WriteAllText(path, _authority.Pem);
        return new ClientAuthorityFile(path, NullLoggerFactory.Instance);
    }

    /// <summary>In the order of the client's contract, whichever order it prints.</summary>
    private static string Sorted(System.Text.Json.JsonElement element) => new JsonObject(
        ((string[])["targetSizeFloat", "targetSize", "metricValueFloat", "metricValue", "metricName"])
            .Where(name => element.TryGetProperty(name, out _))
            .Select(name => KeyValuePair.Create(name, JsonNode.Parse(element.GetProperty(name).GetRawText())))).ToJsonString();
}
