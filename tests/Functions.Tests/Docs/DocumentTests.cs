namespace AgentWarden.Tests.Docs;

/// <summary>Documents hang together: links lead somewhere, numbers are used once, the front door stays short.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void Every_relative_link_leads_to_a_file_and_a_heading()
    {
        var broken = new List<string>();
        foreach (var file in Markdown.Files())
        {
            foreach (var link in Markdown.Links(File.ReadAllText(file)).Where(l => !l.Contains("://", StringComparison.Ordinal) && !l.StartsWith("mailto:", StringComparison.Ordinal)))
            {
                var parts = link.Split('#', 2);
                var target = parts[0].Length == 0 ? file : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, parts[0]));
                var found = File.Exists(target) || Directory.Exists(target);
                if (!found || (parts.Length == 2 && !(File.Exists(target) && Markdown.Anchors(File.ReadAllText(target)).Contains(parts[1], StringComparer.Ordinal))))
                {
                    broken.Add($"{Path.GetRelativePath(Markdown.Root, file)}: {link}");
                }
            }
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void The_README_has_no_line_over_200_characters() =>
        Assert.DoesNotContain(Markdown.Read("README.md").Split('\n'), l => l.Length > 200);

    [Fact]
    public void Every_decision_has_a_number_of_its_own_and_its_title_carries_it()
    {
        var files = Directory.GetFiles(Path.Combine(Markdown.Root, "docs", "decisions"), "*.md").Order(StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(files);
        Assert.Equal(Enumerable.Range(1, files.Length).Select(n => $"{n:0000}"), files.Select(f => Path.GetFileName(f)[..4]));
        Assert.All(files, f => Assert.StartsWith($"# {Path.GetFileName(f)[..4]}: ", File.ReadAllText(f), StringComparison.Ordinal));
        Assert.All(files, f => Assert.All(["## Context", "## Decision", "## Consequences", "## Alternatives"], h => Assert.Contains($"\n{h}\n", File.ReadAllText(f), StringComparison.Ordinal)));
    }
}
