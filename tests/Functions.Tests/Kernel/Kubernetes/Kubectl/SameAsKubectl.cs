using AgentWarden.Kernel.Kubernetes;
using Xunit.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>One kubeconfig, asked with by us and by kubectl: what the server saw of both must be the same.</summary>
internal sealed class SameAsKubectl : IAsyncDisposable
{
    private static readonly KubernetesClientOptions Once = new() { Attempts = 1, RequestTimeout = TimeSpan.FromSeconds(20) };

    private readonly ITestOutputHelper _output;

    private SameAsKubectl(ITestOutputHelper output, TestPki pki, TlsApiServer server) => (_output, Pki, Server) = (output, pki, server);

    public TestPki Pki { get; }
    public TlsApiServer Server { get; }
    public string Folder { get; } = Directory.CreateTempSubdirectory("kubectl").FullName;

    /// <summary>Environment of both.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public static async Task<SameAsKubectl> StartAsync(ITestOutputHelper output, Func<TestPki, Task<TlsApiServer>>? server = null)
    {
        var pki = new TestPki();
        return new(output, pki, await (server ?? TlsApiServer.StartAsync)(pki));
    }

    /// <summary>A kubeconfig of one context, in JSON: the fields of its cluster and of its user.</summary>
    public string Config(
        string cluster, string user = """{"token":"t"}""", string? server = null, string file = "config") => Write(file, $$$"""
        {"apiVersion":"v1","kind":"Config","current-context":"x",
         "contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],
         "clusters":[{"name":"c","cluster":{"server":"{{{server ?? $"https://127.0.0.1:{Server.Port}"}}}"{{{cluster}}} }}],
         "users":[{"name":"u","user":{{{user}}} }]}
        """);

    /// <summary>The field of a cluster that trusts this PEM.</summary>
    public static string Trusts(string pem) => $",\"certificate-authority-data\":\"{Base64(pem)}\"";

    public static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, string text, bool runs = false)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (runs && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>What the server saw of both; null when it was not reached, or its answer was refused.</summary>
    public async Task<Seen?> AskAsync(string? config)
    {
        var (ours, why) = await OursAsync(config);
        _output.WriteLine($"ours: {ours?.ToString() ?? why}");
        if (KubectlProgram.Found is null)
        {
            _output.WriteLine("There is no kubectl here: compared with what kubectl was seen to do.");
            return ours;
        }

        var (theirs, said) = await TheirsAsync(config);
        _output.WriteLine($"kubectl: {theirs?.ToString() ?? said}");
        Assert.Equal(theirs, ours);
        return ours;
    }

    public async Task<(Seen? Seen, string Why)> OursAsync(string? config)
    {
        Server.Requests.Clear();
        try
        {
            using var client = new KubernetesClient(Connect(config), Once);
            Assert.Equal(30, (await client.GetServerVersionAsync(CancellationToken.None)).Minor);
            return (Server.Requests.Last(), "");
        }
        catch (Exception e) when (e is KubernetesException or KubeConfigException)
        {
            return (null, e.Message);
        }
    }

    public ClusterConnection Connect(string? config) =>
        ClusterConnection.FromKubeConfig(config, environment: name => Environment.GetValueOrDefault(name));

    private async Task<(Seen? Seen, string Said)> TheirsAsync(string? config)
    {
        Server.Requests.Clear();
        string[] named = config is null ? [] : ["--kubeconfig", config];
        var environment = new Dictionary<string, string>(Environment, StringComparer.Ordinal) { ["HOME"] = Folder };
        var (code, said) = await KubectlProgram.RunAsync([.. named, "--request-timeout=20s", "get", "--raw", "/version"], environment);
        return (code == 0 ? Server.Requests.Last() : null, said.Trim());
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
