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

    /// <summary>Those of version 1, each with its own tree, or else the one of version 2.</summary>
    private static IReadOnlyList<string> Hierarchies()
    {
        var mounts = MountTable.Read();
        var first = mounts.Where(m => m.Type == "cgroup").Select(m => m.Path).ToList();
        return first.Count > 0 ? first : [.. mounts.Where(m => m.Type == "cgroup2").Select(m => m.Path)];
    }

    private HashSet<int> Processes() =>
    [
        .. from directory in _directories
           where Directory.Exists(directory)
           from file in Directory.EnumerateFiles(directory, "cgroup.procs", SearchOption.AllDirectories)
           from line in Lines(file)
           select int.Parse(line)
    ];

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return []; // The container is just being removed.
        }
    }

    /// <summary>From the leaves up: a cgroup's files cannot be deleted, and go with it.</summary>
    private static bool TryRemove(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return true;
        }

        return Directory.EnumerateDirectories(directory).ToList().All(TryRemove) && LinuxDirectories.TryRemove(directory);
    }
}
