namespace AgentWarden.Node;

/// <summary>One line of proc(5)'s mountinfo.</summary>
internal sealed record Mounted(string Path, string Type);

/// <summary>What is mounted in this mount namespace, in the order in which it was mounted.</summary>
internal static class MountTable
{
    internal static IReadOnlyList<Mounted> Read() => [.. File.ReadAllLines("/proc/self/mountinfo").Select(Parse)];

    /// <summary>The fifth field is the path; the type follows a lone hyphen. A space is written as \040.</summary>
    internal static Mounted Parse(string line)
    {
        var fields = line.Split(' ');
        return new(fields[4].Replace("\\040", " ", StringComparison.Ordinal), fields[Array.IndexOf(fields, "-") + 1]);
    }
}
