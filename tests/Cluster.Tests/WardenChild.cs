using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AgentWarden.Kernel.Hosting;

namespace AgentWarden.ClusterTests;

/// <summary>The executable itself as a child process, <c>agent-warden serve</c>, so that it can be killed like in life.</summary>
internal sealed class WardenChild : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warden-child-").FullName;
    private readonly string _kubeconfig;
    private Process? _process;

    public WardenChild(string kubeconfig)
    {
        _kubeconfig = kubeconfig;
        var certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), certificate.CertificatePem);
        File.WriteAllBytes(Path.Combine(_folder, "tls.key"), certificate.KeyPem.Reveal().ToArray());
    }

    public int HttpPort { get; private set; }

    public void Start()
    {
        (HttpPort, var admission) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "agent-warden.dll"), "serve", "--kubeconfig", _kubeconfig, "--certificate", Path.Combine(_folder, "tls.crt"), "--key", Path.Combine(_folder, "tls.key"), "--admission", $"127.0.0.1:{admission}", "--http", $"127.0.0.1:{HttpPort}" },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["AGENTWARDEN_NAMESPACE"] = "agent-warden-system";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
    }

    /// <summary>SIGKILL: no farewell, the Lease stays held until it runs out.</summary>
    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
