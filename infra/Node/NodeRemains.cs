using AgentWarden.ControlPlane;

namespace AgentWarden.Node;

/// <summary>What a node leaves behind when its servers end, because a real one is meant to go on.</summary>
internal static class NodeRemains
{
    /// <summary>Each pod has a shim, which outlives containerd and names its socket.</summary>
    internal static void KillShims(string socket)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)))
        {
            if (CommandLine(process!).Contains(socket, StringComparison.Ordinal))
            {
                Signals.Send(int.Parse(process!), Signals.Kill);
            }
        }
    }

    /// <summary>Root file systems, volumes and network namespaces of pods; the last mounted first.</summary>
    internal static async Task UnmountAsync(string directory, string busybox)
    {
        foreach (var mounted in MountTable.Read().Where(m => m.Path.StartsWith($"{directory}/", StringComparison.Ordinal)).Reverse())
        {
            await Programs.RunAsync(busybox, ["umount", "-l", mounted.Path], CancellationToken.None);
        }
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return ""; // It has just ended.
        }
    }
}
