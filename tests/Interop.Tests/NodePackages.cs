using System.Diagnostics;

namespace AgentWarden.InteropTests;

/// <summary>npm packages that tests talk to: installed once, outside the tree.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The folder whose <c>node_modules</c> holds the packages (<c>name@version</c>).</summary>
    public static async Task<string> FolderAsync(params string[] packages)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "get-packages.sh"));
        foreach (var package in packages)
        {
            start.ArgumentList.Add(package);
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? output.TrimEnd().Split('\n')[^1] : throw new InvalidOperationException($"npm packages are not available: {await errors}");
    }
}
