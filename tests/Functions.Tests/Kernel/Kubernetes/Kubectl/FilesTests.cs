using Xunit.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>Several kubeconfig files, each with its own folder.</summary>
public sealed class FilesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("one:two", "Bearer token-one")]
    [InlineData("two:one", "Bearer token-two")]
    [InlineData("absent:two:one", "Bearer token-two")]
    [InlineData("empty:contexts:one", "Bearer token-contexts")]
    [InlineData("contexts:absent", null)]
    public async Task Of_several_the_first_wins_and_paths_are_relative_to_their_file(string files, string? authorization)
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        foreach (var name in new[] { "one", "two" })
        {
            both.Write($"{name}/ca.crt", both.Pki.Root.ExportCertificatePem());
            both.Write($"{name}/token", $"token-{name}");
            both.Config(",\"certificate-authority\":\"ca.crt\"", """{"tokenFile":"token"}""", file: $"{name}/config");
        }

        // Names a cluster of another file, and a user of its own.
        both.Write("contexts/config", """
            {"apiVersion":"v1","kind":"Config","current-context":"y","contexts":[{"name":"y","context":{"cluster":"c","user":"v"}}],
             "users":[{"name":"v","user":{"tokenFile":"sub/token"}}]}
            """);
        both.Write("contexts/sub/token", "token-contexts");
        both.Write("empty/config", "");
        var listed = files.Split(':').Select(f => Path.Combine(both.Folder, f, "config"));
        both.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, listed);

        Assert.Equal(authorization, (await both.AskAsync(config: null))?.Authorization);
    }

    [Fact]
    public async Task Without_any_word_the_file_in_the_home_folder_is_read()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        both.Environment["HOME"] = both.Folder;
        both.Config(SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem()), """{"token":"home"}""", file: ".kube/config");
        Assert.Equal("Bearer home", (await both.AskAsync(config: null))!.Authorization);
    }

    [Fact]
    public async Task Names_are_told_apart_by_case()
    {
        await using var both = await SameAsKubectl.StartAsync(output);
        var trusts = SameAsKubectl.Trusts(both.Pki.Root.ExportCertificatePem());
        var file = both.Write("config", $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"dev",
             "contexts":[{"name":"Dev","context":{"cluster":"c","user":"U"}},{"name":"dev","context":{"cluster":"c","user":"u"}}],
             "clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:{{{both.Server.Port}}}"{{{trusts}}} }}],
             "users":[{"name":"U","user":{"token":"large"}},{"name":"u","user":{"token":"small"}}]}
            """);
        Assert.Equal("Bearer small", (await both.AskAsync(file))!.Authorization);
    }
}
