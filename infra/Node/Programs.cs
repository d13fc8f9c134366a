using System.Diagnostics;
using AgentWarden.ControlPlane;

namespace AgentWarden.Node;

/// <summary>Programs that do one thing and end.</summary>
internal static class Programs
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>What it wrote to its output.</returns>
    /// <exception cref="ControlPlaneException">It failed; the message has what it said.</exception>
    internal static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode == 0
            ? await output
            : throw new ControlPlaneException($"{Path.GetFileName(program)} {string.Join(' ', arguments)} failed with {process.ExitCode}: {(await errors).Trim()}");
    }
}
