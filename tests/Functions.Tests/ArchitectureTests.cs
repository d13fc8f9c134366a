using System.Text.RegularExpressions;

namespace AgentWarden.Tests;

/// <summary>Who may know whom, read from the sources.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>What every function may know: shared words, shared reads, the kernel.</summary>
    private static readonly string[] Shared = ["Kernel", "Credentials", "CredentialReading"];

    private static readonly IReadOnlyList<SourceFile> Sources = SourceFiles.Of("functions");

    [Fact]
    public void The_sources_are_found() => Assert.True(Sources.Count > 100);

    [Fact]
    public void A_function_knows_no_other_function() =>
        Assert.Empty(Uses().Where(u => Top(u.File) is not ("" or "Composition") && u.Namespace != Top(u.File) && !Shared.Contains(u.Namespace, StringComparer.Ordinal)).ToArray());

    [Fact]
    public void The_kernel_knows_no_function() =>
        Assert.Empty(Uses().Where(u => Top(u.File) == "Kernel" && u.Namespace != "Kernel").ToArray());

    [Fact]
    public void Only_the_planning_and_the_client_itself_write_to_the_cluster() =>
        Assert.Empty(Outside("IKubernetesWriter", "Kernel/Planning/", "Kernel/Kubernetes/", "Composition/"));

    [Fact]
    public void Only_the_composition_holds_the_client_that_can_do_everything() =>
        Assert.Empty(Outside(@"(?<!I)KubernetesClient(Options)?", "Kernel/Kubernetes/", "Composition/"));

    [Fact]
    public void Only_the_hosting_knows_a_web_framework() =>
        Assert.Empty(Outside(@"Microsoft\.AspNetCore", "Kernel/Hosting/", "Composition/"));

    [Fact]
    public void A_secret_is_revealed_only_where_it_is_sent_checked_or_digested() =>
        Assert.Empty(Outside(@"\.Reveal", "Kernel/Planning/PlanBodies.cs", "Kernel/Secrets/SecretValue.cs", "Credentials/MasterKey.cs", "Credentials/CredentialSecret.cs"));

    /// <summary>Namespaces of ours that a file uses, by a using directive or in full.</summary>
    private static IEnumerable<(string File, string Namespace)> Uses() =>
        Sources.SelectMany(f => OurNamespace().Matches(f.Text).Select(m => (f.Path, m.Groups["top"].Value)).Distinct());

    private static IEnumerable<string> Outside(string what, params string[] allowed) => Sources
        .Where(f => !Array.Exists(allowed, a => f.Path.StartsWith(a, StringComparison.Ordinal)) && Regex.IsMatch(Code(f.Text), $@"(?<!\w){what}\b", RegexOptions.None, TimeSpan.FromSeconds(5)))
        .Select(f => f.Path);

    /// <summary>Without comments: a cref is no dependency.</summary>
    private static string Code(string text) => Comment().Replace(text, "");

    private static string Top(string path) => path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : "";

    [GeneratedRegex(@"(^using (static )?(\w+ = )?AgentWarden|(?<!^namespace )AgentWarden)\.(?<top>[A-Z]\w+)(?=[.;])", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex OurNamespace();

    [GeneratedRegex("//.*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Comment();
}
