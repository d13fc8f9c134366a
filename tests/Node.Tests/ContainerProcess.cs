namespace AgentWarden.NodeTests;

/// <summary>A process of our image, as the kernel shows it to the node.</summary>
/// <param name="User">Its effective user id.</param>
/// <param name="Capabilities">Those in effect, in hexadecimal.</param>
/// <param name="MayGainPrivileges">Whether a set-user-id program could give it more.</param>
/// <param name="Seccomp">2: its system calls are filtered.</param>
/// <param name="RootIsReadOnly">Its root file system.</param>
internal sealed record ContainerProcess(string User, string Capabilities, bool MayGainPrivileges, string Seccomp, bool RootIsReadOnly)
{
    /// <summary>What every manifest of ours asks for.</summary>
    public static readonly ContainerProcess AsNobody = new("65532", "", MayGainPrivileges: false, "2", RootIsReadOnly: true);

    /// <summary>All that run. The tests' processes are the only others in this process namespace.</summary>
    public static IReadOnlyList<ContainerProcess> Ours() =>
        [.. Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)).Select(Read).OfType<ContainerProcess>()];

    private static ContainerProcess? Read(string process)
    {
        try
        {
            if (File.ReadAllText(Path.Combine(process, "comm")).Trim() != "agent-warden")
            {
                return null;
            }

            var status = File.ReadLines(Path.Combine(process, "status")).Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim(), StringComparer.Ordinal);
            // The fifth field is where it is mounted, the sixth how.
            var root = File.ReadLines(Path.Combine(process, "mountinfo")).Select(l => l.Split(' ')).Last(l => l[4] == "/");
            return new(status["Uid"].Split('\t')[1], status["CapEff"].TrimStart('0'), status["NoNewPrivs"] == "0", status["Seccomp"], root[5].Split(',').Contains("ro", StringComparer.Ordinal));
        }
        catch (IOException)
        {
            return null; // It has just ended.
        }
    }
}
