using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Tests.Platform.Hosting;
using Externalscaler;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.ExternalScaler;

public sealed class MutualTlsTests : IDisposable
{
    private readonly TestAuthority _ours = new("ours");
    private readonly TestAuthority _theirs = new("theirs");
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "ca.crt");

    [Fact]
    public async Task Only_a_client_certificate_of_the_authority_is_let_in_and_a_changed_file_counts_from_the_next_connection_on()
    {
        await System.IO.File.WriteAllTextAsync(File, _ours.Pem);
        using var authority = new ClientAuthorityFile(File, NullLoggerFactory.Instance, poll: TimeSpan.FromHours(1));
        using var serving = _ours.Issue("server", forServer: true);
        await using var server = await RunningScaler.StartAsync(new FakeBacklog("A"), new InMemoryCertificate(serving), authority);

        Assert.True(await IsLetInAsync(server, _ours));
        Assert.False(await IsLetInAsync(server, _theirs));
        Assert.False(await IsLetInAsync(server, null));
        Assert.False(await IsLetInAsync(server, _ours, forServer: true));

        await System.IO.File.WriteAllTextAsync(File, _theirs.Pem);
        authority.Look();
        Assert.True(await IsLetInAsync(server, _theirs));
        Assert.False(await IsLetInAsync(server, _ours));

        await System.IO.File.WriteAllTextAsync(File, "nothing");
        authority.Look();
        Assert.Null(authority.Problem);
        Assert.True(await IsLetInAsync(server, _theirs));

        await System.IO.File.WriteAllTextAsync(File, $"{_ours.Pem}\n{_theirs.Pem}\n");
        authority.Look();
        Assert.True(await IsLetInAsync(server, _theirs));
        Assert.True(await IsLetInAsync(server, _ours));
    }

    [Fact]
    public async Task Without_the_authoritys_file_nobody_is_let_in_and_the_process_is_not_ready()
    {
        using var authority = new ClientAuthorityFile(File, NullLoggerFactory.Instance, poll: TimeSpan.FromHours(1));
        using var serving = _ours.Issue("server", forServer: true);
        await using var server = await RunningScaler.StartAsync(new FakeBacklog("A"), new InMemoryCertificate(serving), authority);
        Assert.False(await IsLetInAsync(server, _ours));
        Assert.Contains("ca.crt cannot be read", Assert.Single(server.Readiness.Reasons()), StringComparison.Ordinal);

        await System.IO.File.WriteAllTextAsync(File, _ours.Pem);
        authority.Look();
        Assert.Empty(server.Readiness.Reasons());
        Assert.True(await IsLetInAsync(server, _ours));
    }

    [Fact]
    public async Task Client_certificates_without_TLS_are_a_mistake_and_not_an_open_door()
    {
        await System.IO.File.WriteAllTextAsync(File, _ours.Pem);
        using var authority = new ClientAuthorityFile(File, NullLoggerFactory.Instance);
        var listener = new Listener("grpc", new(System.Net.IPAddress.Loopback, 0), _ => { }) { ClientAuthority = authority };
        var mistake = Assert.Throws<HostingException>(() => new WebServer([listener], new Readiness(), new AgentWardenMetrics(), NullLoggerFactory.Instance));
        Assert.Contains("no certificate of its own", mistake.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsLetInAsync(RunningScaler server, TestAuthority? client, bool forServer = false)
    {
        using var certificate = client?.Issue("client", forServer);
        using var channel = ScalerChannel.Open(server.Address, _ours.Pem, certificate);
        try
        {
            return !(await ScalerChannel.Client(channel).IsActiveAsync(new ScaledObjectRef())).Result;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal)
        {
            return false;
        }
    }
}
