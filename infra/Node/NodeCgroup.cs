using AgentWarden.ControlPlane;

namespace AgentWarden.Node;

/// <summary>The cgroup below which all containers of a node run, in every hierarchy of the machine: what is in it is ours to end.</summary>
internal sealed class NodeCgroup(string name)
{
    private const int Attempts = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly string[] _directories = [.. Hierarchies().Select(h => Path.Combine(h, name))];

    internal void Create()
    {
        foreach (var directory in _directories)
        {
            Directory.CreateDirectory(directory);
        }
    }

    /// <summary>Kills every process of every container, until none is left.</summary>
    internal async Task KillAllAsync()
    {
        for (var attempt = 0; attempt < Attempts && Processes() is { Count: > 0 } processes; attempt++)
        {
            foreach (var process in processes)
            {
                Signals.Send(process, Signals.Kill);
            }

            await Task.Delay(Pause);
        }
    }

    internal async Task RemoveAsync()
    {
        for (var attempt = 0; attempt < Attempts && _directories.Any(Directory.Exists); attempt++)
        {
            if (!_directories.All(TryRemove))
            {
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>Of version 1 each controller has its own tree; of version 2 there is one. Many machines have both.</summary>
    private static IEnumerable<string> Hierarchies() => MountTable.Read().Where(m => m.Type is "cgroup" or "cgroup2").Select(m => m.Path);

    private HashSet<int> Processes() =>
    [
        .. from directory in _directories
           from line in Lines(directory)
           select int.Parse(line)
    ];

    private static IReadOnlyList<string> Lines(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory, "cgroup.procs", SearchOption.AllDirectories).SelectMany(File.ReadAllLines)];
        }
        catch (IOException)
        {
            return []; // A container is just being removed; its processes are in the other hierarchies, too.
        }
    }

    /// <summary>From the leaves up: a cgroup's files cannot be deleted, and go with it.</summary>
    private static bool TryRemove(string directory)
    {
        try
        {
            return Directory.EnumerateDirectories(directory).ToList().All(TryRemove) && LinuxDirectories.TryRemove(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
    }
}
