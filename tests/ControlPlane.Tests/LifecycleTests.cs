using System.Diagnostics;
using System.Net;

namespace AgentWarden.ControlPlane.Tests;

public sealed class LifecycleTests
{
    private static readonly LocalControlPlaneOptions ServerOnly = new() { WithControllerManager = false };

    [Fact]
    public async Task Starts_verifiably_and_leaves_nothing_behind()
    {
        var plane = await LocalControlPlane.StartAsync();
        var directory = plane.DataDirectory;
        try
        {
            Assert.True(plane.ServerVersion >= new Version(1, 20));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(plane.KubeconfigPath));
            Assert.Equal("default", await KubectlAsync(plane, "get", "namespace", "default", "-o", "jsonpath={.metadata.name}"));
            Assert.DoesNotContain(Processes.Of(directory), line => line.Contains(plane.AdminToken, StringComparison.Ordinal));
        }
        finally
        {
            await plane.DisposeAsync();
        }

        Assert.Empty(Processes.Of(directory));
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task Two_run_side_by_side_and_know_nothing_of_each_other()
    {
        var starts = await Task.WhenAll(LocalControlPlane.StartAsync(ServerOnly), LocalControlPlane.StartAsync(ServerOnly));
        await using var first = starts[0];
        await using var second = starts[1];
        using var here = first.CreateClient();
        using var there = second.CreateClient();

        await here.CreateAsync("/api/v1/namespaces/default/configmaps", KubernetesRequests.ConfigMap("only-here"));

        Assert.Equal(HttpStatusCode.NotFound, await there.StatusAsync("/api/v1/namespaces/default/configmaps/only-here"));
        using var stranger = second.CreateClient(first.AdminToken);
        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.StatusAsync("/api/v1/namespaces/default"));
    }

    [Fact]
    public async Task The_api_server_can_be_taken_away_and_comes_back_with_its_address_and_its_data()
    {
        await using var plane = await LocalControlPlane.StartAsync(ServerOnly);
        using var client = plane.CreateClient();
        var server = plane.Server;
        await client.CreateAsync("/api/v1/namespaces/default/configmaps", KubernetesRequests.ConfigMap("kept"));

        plane.KillApiServer();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.StatusAsync("/readyz"));
        await plane.StartApiServerAsync();
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/api/v1/namespaces/default/configmaps/kept"));

        await plane.RestartApiServerAsync(TimeSpan.FromMilliseconds(200), kill: false);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/api/v1/namespaces/default/configmaps/kept"));
        Assert.Equal(server, plane.Server);
    }

    [Fact]
    public async Task A_directory_of_ones_own_keeps_the_data_for_the_next_start()
    {
        var directory = Directory.CreateTempSubdirectory("control-plane-tests-");
        var options = ServerOnly with { DataDirectory = directory.FullName, Durable = true };
        await using (var plane = await LocalControlPlane.StartAsync(options))
        {
            using var client = plane.CreateClient();
            await client.CreateAsync("/api/v1/namespaces/default/configmaps", KubernetesRequests.ConfigMap("kept"));
        }

        await using (var plane = await LocalControlPlane.StartAsync(options))
        {
            using var client = plane.CreateClient();
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync("/api/v1/namespaces/default/configmaps/kept"));
        }

        Assert.True(directory.Exists);
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why_and_where_its_log_is()
    {
        var options = ServerOnly with { ApiServerArguments = ["--no-such-flag"] };

        var failure = await Assert.ThrowsAsync<ControlPlaneException>(() => LocalControlPlane.StartAsync(options));

        Assert.Contains("kube-apiserver ended before it was ready", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no-such-flag", failure.Message, StringComparison.Ordinal);
        var log = failure.Message.Split("full log: ")[1];
        Assert.True(File.Exists(log));
        var directory = Path.GetDirectoryName(log)!;
        Assert.All(Directory.EnumerateFileSystemEntries(directory), left => Assert.EndsWith(".log", left, StringComparison.Ordinal));
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<string> KubectlAsync(LocalControlPlane plane, params string[] arguments)
    {
        var start = new ProcessStartInfo(plane.Binaries.Kubectl, ["--kubeconfig", plane.KubeconfigPath, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Trim();
    }
}
