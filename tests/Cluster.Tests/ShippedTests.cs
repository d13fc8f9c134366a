using System.Diagnostics;
using System.Text;

namespace AgentWarden.ClusterTests;

/// <summary>
/// The native program where reflection or generated code would hurt it first, and where no other test takes it: its command line, its
/// terminal, the control plane that it starts itself, and every way to log in that a kubeconfig has.
/// </summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ShippedTests(ControlPlaneFixture cluster)
{
    private static readonly byte[] ElfMagic = [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    [Fact]
    public void It_is_one_native_executable_without_symbols()
    {
        using var program = File.OpenRead(Shipped.Program);
        var magic = new byte[ElfMagic.Length];
        program.ReadExactly(magic);
        Assert.Equal(ElfMagic, magic);
        string[] managed = [".dll", ".pdb", ".dbg", ".so", ".xml"];
        Assert.DoesNotContain(Directory.EnumerateFiles(Shipped.Folder), f => managed.Contains(Path.GetExtension(f), StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("serve", "--certificate")]
    [InlineData("bridge", "--scaler-client-ca")]
    [InlineData("up", "--once")]
    public async Task Help_names_what_a_command_takes(string command, string option)
    {
        var (code, said) = await RunAsync(command, "--help");
        Assert.Equal(0, code);
        Assert.Contains(option, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_starts_a_control_plane_shows_the_guides_example_and_ends()
    {
        var (code, said) = await RunAsync("up", "--once");
        Assert.True(code == 0, said);
        Assert.Contains("kagent-anthropic Opaque", said, StringComparison.Ordinal);
        Assert.Contains("injection-status: injected", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("client-certificate-data: {0}, client-key-data: {1}")]
    [InlineData("token: {2}")]
    [InlineData("tokenFile: {3}")]
    [InlineData(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: cat, args: [{4}], interactiveMode: Never, provideClusterInfo: true}}")]
    public async Task It_logs_in_with(string user)
    {
        var (certificate, key) = cluster.Authority.Issue("native", "system:masters");
        using var token = new TemporaryFile(cluster.Plane.AdminToken);
        using var credential = new TemporaryFile($$$"""
            {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{{cluster.Plane.AdminToken}}}"}}
            """);
        var filled = string.Format(null, CompositeFormat.Parse(user), Base64(certificate), Base64(key), cluster.Plane.AdminToken, token.Path, credential.Path);
        using var kubeconfig = new TemporaryFile($$"""
            current-context: x
            clusters: [{name: c, cluster: {server: "{{cluster.Plane.Server}}", certificate-authority: "{{cluster.Plane.CertificateAuthorityPath}}"} }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            users: [{name: u, user: { {{filled}} } }]
            """);
        using var child = WardenChild.Serve(kubeconfig.Path, "admission");
        child.Start();
        // Ready means that it has listed what it watches.
        await child.ReadyAsync();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<(int Code, string Said)> RunAsync(params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Shipped.Program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            var said = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, said);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
