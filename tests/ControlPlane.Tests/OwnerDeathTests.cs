using System.Diagnostics;

namespace AgentWarden.ControlPlane.Tests;

public sealed class OwnerDeathTests
{
    [Fact]
    public async Task A_killed_owner_leaves_no_server_and_no_directory_behind()
    {
        using var owner = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var directory = await owner.StandardOutput.ReadLineAsync();
        Assert.False(string.IsNullOrEmpty(directory));
        var servers = Processes.Of(directory);
        Assert.Contains(servers, line => line.Contains("/etcd ", StringComparison.Ordinal));
        Assert.Contains(servers, line => line.Contains("/kube-apiserver ", StringComparison.Ordinal));
        Assert.Contains(servers, line => line.Contains("/kube-controller-manager ", StringComparison.Ordinal));

        owner.Kill();
        await owner.WaitForExitAsync();

        Assert.True(await Processes.EventuallyAsync(
            () => Task.FromResult(Processes.Of(directory).Count == 0 && !Directory.Exists(directory)), TimeSpan.FromMinutes(1)));
    }
}
