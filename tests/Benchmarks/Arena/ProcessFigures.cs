using System.Runtime.InteropServices;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>What Linux says about a process.</summary>
internal static class ProcessFigures
{
    private const int SignalTerminate = 15;

    /// <summary>USER_HZ, which is 100 on every architecture that .NET runs on.</summary>
    private const double TicksPerMillisecond = 0.1;

    /// <summary>User and system time of all its threads so far, in milliseconds.</summary>
    public static double CpuMilliseconds(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        // The name in parentheses may hold spaces: fields are counted from behind it, where the first is number 3.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[14 - 3]) + long.Parse(fields[15 - 3])) / TicksPerMillisecond;
    }

    /// <summary>VmRSS in MB (of 1,000,000 bytes).</summary>
    public static double ResidentMegabytes(int processId) => Megabytes(processId, "VmRSS:");

    /// <summary>VmHWM, the most that VmRSS has been, in MB (of 1,000,000 bytes).</summary>
    public static double PeakMegabytes(int processId) => Megabytes(processId, "VmHWM:");

    public static void Terminate(int processId) => _ = SendSignal(processId, SignalTerminate);

    private static double Megabytes(int processId, string field)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024 / 1e6;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
