namespace AgentWarden.Credentials;

/// <summary>When two mount paths are the same place.</summary>
internal static class MountPaths
{
    /// <summary>Without trailing, doubled or "." steps; "/" stays. A path that is clean is returned as it is.</summary>
    public static string Normalize(string path)
    {
        if (path is "" or "/" || (!path.EndsWith('/') && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal)))
        {
            return path;
        }

        var steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(s => s is not ".");
        return (path[0] == '/' ? "/" : "") + string.Join('/', steps);
    }
}
