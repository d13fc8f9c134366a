namespace AgentWarden.Benchmarks.Arena;

/// <summary><c>serve</c> with everything in it: admission, functions and the bridge.</summary>
internal sealed class WardenUnderTest : PublishedProcess
{
    private WardenUnderTest(Bench bench, string kubeconfig, int admission) : base(bench,
        ["serve", "--admission", $"127.0.0.1:{admission}", "--certificate", bench.CertificateFile, "--key", bench.KeyFile, "--kubeconfig", kubeconfig],
        new Dictionary<string, string>()) => AdmissionPort = admission;

    public int AdmissionPort { get; }

    /// <summary>The process only: nothing has been awaited.</summary>
    public static WardenUnderTest Launch(Bench bench, string kubeconfig) => new(bench, kubeconfig, FreePort());

    /// <summary>Started, listed and ready.</summary>
    public static async Task<WardenUnderTest> StartAsync(Bench bench, string kubeconfig, CancellationToken cancellation)
    {
        var warden = Launch(bench, kubeconfig);
        try
        {
            await warden.ReadyAsync(cancellation);
            return warden;
        }
        catch
        {
            await warden.DisposeAsync();
            throw;
        }
    }
}
