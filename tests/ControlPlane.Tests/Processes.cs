using System.Globalization;

namespace AgentWarden.ControlPlane.Tests;

/// <summary>What runs for a data directory, seen from outside: every server has it in its command line.</summary>
internal static class Processes
{
    internal static IReadOnlyList<string> Of(string dataDirectory) =>
        Directory.EnumerateDirectories("/proc")
            .Where(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(CommandLine)
            .Where(line => line.Contains(dataDirectory, StringComparison.Ordinal))
            .ToList();

    internal static async Task<bool> EventuallyAsync(Func<Task<bool>> condition, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        while (!await condition())
        {
            if (timeout.IsCancellationRequested)
            {
                return false;
            }

            await Task.Delay(100, CancellationToken.None);
        }

        return true;
    }

    private static string CommandLine(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(path, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }
}
