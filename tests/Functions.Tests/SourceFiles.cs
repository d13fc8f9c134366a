using AgentWarden.Tests.Deploy;

namespace AgentWarden.Tests;

/// <summary>A source file: its path below the scanned folder, with '/', and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The folders of the path, outermost first.</summary>
    public string[] Folders => Path.Split('/')[..^1];
}

/// <summary>The C# sources of one folder of the repository, found from a source file of the tests.</summary>
internal static class SourceFiles
{
    public static IReadOnlyList<SourceFile> Of(string folder)
    {
        var root = Path.Combine(DeployFiles.RepositoryRoot, folder);
        return [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(f => new SourceFile(Path.GetRelativePath(root, f).Replace('\\', '/'), File.ReadAllText(f)))
            .Where(f => !f.Folders.Any(s => s is "bin" or "obj"))
            .OrderBy(f => f.Path, StringComparer.Ordinal)];
    }
}
