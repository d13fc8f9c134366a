using System.Net;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>What all benchmarks share: the published program, a certificate for it, and a voice.</summary>
internal sealed class Bench
{
    private static readonly TimeSpan CertificateValidity = TimeSpan.FromDays(1);

    private Bench(PublishedPrograms programs, string certificateFile, string keyFile) => (Programs, CertificateFile, KeyFile) = (programs, certificateFile, keyFile);

    public PublishedPrograms Programs { get; }

    public string CertificateFile { get; }

    public string KeyFile { get; }

    public static async Task<Bench> PrepareAsync(CancellationToken cancellation)
    {
        var programs = await PublishedPrograms.PublishAsync(Say, cancellation);
        var certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, CertificateValidity);
        var bench = new Bench(programs, Path.Combine(programs.Folder, "tls.crt"), Path.Combine(programs.Folder, "tls.key"));
        await File.WriteAllTextAsync(bench.CertificateFile, certificate.CertificatePem, cancellation);
        File.Delete(bench.KeyFile);
        await using var key = new FileStream(bench.KeyFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await key.WriteAsync(certificate.KeyPem.Reveal().ToArray(), cancellation);
        return bench;
    }

    /// <summary>The same with the program of an earlier state; null when none is named.</summary>
    public Bench? Before() => Programs.Before() is { } programs ? new(programs, CertificateFile, KeyFile) : null;

    /// <summary>A control plane of its own, so that no benchmark sees what another left behind.</summary>
    public Task<BenchCluster> NewClusterAsync(CancellationToken cancellation) => BenchCluster.StartAsync(cancellation);

    public Task<WardenUnderTest> StartWardenAsync(BenchCluster cluster, CancellationToken cancellation) => WardenUnderTest.StartAsync(this, cluster.Kubeconfig, cancellation);

    public static void Say(string message) => Console.Error.WriteLine($"[{TimeProvider.System.GetLocalNow():HH:mm:ss}] {message}");
}
