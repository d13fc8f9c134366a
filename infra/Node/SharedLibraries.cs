using AgentWarden.ControlPlane;

namespace AgentWarden.Node;

/// <summary>The libraries of this machine that programs are linked to.</summary>
internal static class SharedLibraries
{
    /// <summary>The paths under which the dynamic loader finds them.</summary>
    /// <param name="programs">Executables and libraries. What they are linked to but is not there is left out: they do without it here, too.</param>
    /// <param name="opened">Names of libraries that are not linked to; those beside the C library.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task<IReadOnlyCollection<string>> OfAsync(IEnumerable<string> programs, IEnumerable<string> opened, CancellationToken cancellation)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var program in programs)
        {
            found.UnionWith(await LinkedAsync(program, cancellation));
        }

        var beside = Path.GetDirectoryName(found.FirstOrDefault(l => Path.GetFileName(l).StartsWith("libc.so", StringComparison.Ordinal)))
            ?? throw new ControlPlaneException("None of the published files is linked to a C library: publish them with -r linux-x64 first.");
        foreach (var library in opened.Select(o => Path.Combine(beside, o)))
        {
            found.Add(library);
            found.UnionWith(await LinkedAsync(library, cancellation));
        }

        return found;
    }

    /// <summary>A line of ldd(1) is <c>name =&gt; path (address)</c>, or <c>path (address)</c> for the loader itself.</summary>
    internal static IEnumerable<string> Parse(string output) =>
        output.Split('\n').SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim())).Where(word => word.StartsWith('/'));

    private static async Task<IEnumerable<string>> LinkedAsync(string program, CancellationToken cancellation)
    {
        try
        {
            return Parse(await Programs.RunAsync("ldd", [program], cancellation));
        }
        catch (ControlPlaneException)
        {
            return []; // Not a dynamic executable: a script, for example.
        }
    }
}
