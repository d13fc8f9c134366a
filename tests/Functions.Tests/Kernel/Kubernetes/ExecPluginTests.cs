using System.Runtime.Versioning;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Kernel.Kubernetes;

[UnsupportedOSPlatform("windows")]
public sealed class ExecPluginTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";

    private readonly string _folder = Directory.CreateTempSubdirectory("exec").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(V1)]
    [InlineData("client.authentication.k8s.io/v1beta1")]
    public async Task The_plugin_is_run_once_until_its_token_expires(string version)
    {
        var time = new ManualTime();
        var expires = (time.GetUtcNow() + TimeSpan.FromMinutes(5)).ToString("O");
        var connection = Connect($$"""
            echo run >> runs
            printf '%s' "$KUBERNETES_EXEC_INFO" > info
            printf '{"apiVersion":"{{version}}","kind":"ExecCredential","status":{"token":"%s-%s","expirationTimestamp":"{{expires}}"} }' "$1" "$EXTRA"
            """, version, time);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Token(connection)));
        Assert.Equal("argument-value", await Token(connection));
        Assert.Single(File.ReadLines(Path.Combine(_folder, "runs")));
        Assert.Contains("https://10.0.0.1", File.ReadAllText(Path.Combine(_folder, "info")), StringComparison.Ordinal);

        time.Pass(TimeSpan.FromMinutes(5));
        await Token(connection);
        Assert.Equal(2, File.ReadLines(Path.Combine(_folder, "runs")).Count());
    }

    [Theory]
    [InlineData("echo please log in >&2; exit 3", "please log in")]
    [InlineData("echo not json t0ken", "not the JSON")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t0ken"}}'""", "exec.apiVersion")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{}}'""", "neither a token")]
    public async Task A_plugin_that_fails_is_explained_without_its_answer(string script, string says)
    {
        var e = await Assert.ThrowsAsync<KubeConfigException>(() => Token(Connect(script, V1, TimeProvider.System)));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains("users[u].user.exec.command", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_is_not_there_says_how_to_install_it()
    {
        var connection = Connect("", V1, TimeProvider.System, command: "./no-such-plugin");
        var e = await Assert.ThrowsAsync<KubeConfigException>(() => Token(connection));
        Assert.Contains("get it from the platform team", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_is_not_known_is_refused() =>
        Assert.Contains("client.authentication.k8s.io/v1alpha1", Assert.Throws<KubeConfigException>(() => Connect("", "client.authentication.k8s.io/v1alpha1", TimeProvider.System)).Message, StringComparison.Ordinal);

    private static async Task<string> Token(ClusterConnection connection) => (await connection.Credentials.GetAsync(default)).Authorization!.Parameter!;

    private ClusterConnection Connect(string script, string version, TimeProvider time, string command = "./plugin.sh")
    {
        var plugin = Path.Combine(_folder, "plugin.sh");
        File.WriteAllText(plugin, $"#!/bin/sh\ncd '{_folder}'\n{script}\n");
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var config = Path.Combine(_folder, "config");
        File.WriteAllText(config, $$"""
            current-context: x
            clusters: [{name: c, cluster: {server: "https://10.0.0.1"} }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            users:
            - name: u
              user:
                exec:
                  apiVersion: {{version}}
                  command: {{command}}
                  args: [argument]
                  env: [{name: EXTRA, value: value}]
                  provideClusterInfo: true
                  installHint: get it from the platform team
            """);
        return ClusterConnection.FromKubeConfig(config, time: time);
    }
}
