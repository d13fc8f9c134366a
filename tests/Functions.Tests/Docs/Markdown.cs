using System.Text.RegularExpressions;
using AgentWarden.Tests.Deploy;

namespace AgentWarden.Tests.Docs;

/// <summary>The repository's documents.</summary>
internal static partial class Markdown
{
    public static string Root => DeployFiles.RepositoryRoot;

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    /// <summary>Every document that belongs to the repository: nothing from build output or hidden folders.</summary>
    public static IEnumerable<string> Files() => Directory.EnumerateFiles(Root, "*.md", SearchOption.AllDirectories)
        .Where(f => !Path.GetRelativePath(Root, f).Split(Path.DirectorySeparatorChar).Any(s => s is "bin" or "obj" or "node_modules" or "TestResults" || s.StartsWith('.')));

    /// <summary>The targets of links and pictures, without those in code blocks.</summary>
    public static IEnumerable<string> Links(string text) => Link().Matches(CodeBlock().Replace(text, "")).Select(m => m.Groups["target"].Value);

    /// <summary>The anchors that the headings of a document get.</summary>
    public static IEnumerable<string> Anchors(string text) => CodeBlock().Replace(text, "").Split('\n')
        .Where(l => l.StartsWith('#'))
        .Select(l => string.Concat(l.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CodeBlock();
}
