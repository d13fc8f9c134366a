using System.Runtime.InteropServices;

namespace AgentWarden.ControlPlane;

/// <summary>The two signals a child is ended with; .NET itself can only send the second.</summary>
internal static class Signals
{
    internal const int Terminate = 15;
    internal const int Kill = 9;

    internal static void Send(int processId, int signal) => _ = SendSignal(processId, signal);

    /// <summary>To the process and all it started, because it leads its own process group.</summary>
    internal static void SendToGroup(int leaderId, int signal) => _ = SendSignal(-leaderId, signal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
