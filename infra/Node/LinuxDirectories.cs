using System.Runtime.InteropServices;

namespace AgentWarden.Node;

/// <summary>Directories whose files are the kernel's. .NET looks whether a directory is empty before it removes it; a cgroup never is.</summary>
internal static class LinuxDirectories
{
    internal static bool TryRemove(string path) => Remove(path) == 0;

    [DllImport("libc", EntryPoint = "rmdir", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Remove(string path);
}
