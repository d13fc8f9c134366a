using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>Bridge and functions as processes of their own, on a real API server.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ProcessesTests(ControlPlaneFixture cluster) : IDisposable
{
    private readonly Guide _guide = new(cluster.Client);
    private readonly Accounts _accounts = new(cluster.Client);

    [Theory]
    [InlineData("structured"), InlineData("binary"), InlineData("batch")]
    public async Task Changes_reach_functions_in_another_process_over_HTTP(string mode)
    {
        var ns = await cluster.NewNamespaceAsync("split");
        using var functions = WardenChild.Functions(cluster.Plane.KubeconfigPath);
        using var bridge = WardenChild.Bridge(cluster.Plane.KubeconfigPath, await SettingsAsync(functions, ("AGENTWARDEN_SINK_MODE", mode)));
        bridge.Start();
        await _guide.MasterAsync(ns, "master", Guide.Key);
        await _guide.ProviderAsync(ns, ns, "master");
        await _guide.AccessAsync(ns, "agent", ns, "agent-key");
        // Only now: what was delivered to nobody waits for somebody.
        functions.Start();
        await _guide.ReadyAsync(ns, "agent", "Provisioned");
        await _guide.SecretWithKeyAsync(ns, "agent-key", Guide.Key);
        await _guide.MasterAsync(ns, "master", "sk-ant-another");
        await _guide.SecretWithKeyAsync(ns, "agent-key", "sk-ant-another");
        await cluster.Client.DeleteAsync(Credentials.CredentialKinds.LLMProvider, null, ns, new(), default);
        await _guide.NoSecretAsync(ns, "agent-key");
    }

    [Fact]
    public async Task Only_a_token_of_our_bridge_for_our_audience_may_send_events()
    {
        using var functions = WardenChild.Functions(cluster.Plane.KubeconfigPath);
        functions.Start();
        await functions.ReadyAsync();
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(await _accounts.TokenFileAsync("agent-warden-bridge", audience: "https://kubernetes.default.svc"))).Status);
        var (status, body) = await SendAsync(await _accounts.TokenFileAsync("somebody"));
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("AGENTWARDEN_EVENT_SENDERS", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(await _accounts.TokenFileAsync("agent-warden-bridge"))).Status);

        async Task<(HttpStatusCode Status, string Body)> SendAsync(string? tokenFile)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(functions.Http, "events"))
            {
                Content = new StringContent("""{"specversion":"1.0","id":"1","source":"/t","type":"dev.knative.apiserver.ref.add","data":{"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMProvider","name":"none"}}""", Encoding.UTF8, "application/cloudevents+json"),
            };
            request.Headers.Authorization = tokenFile is null ? null : new AuthenticationHeaderValue("Bearer", await File.ReadAllTextAsync(tokenFile));
            using var answer = await http.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    public void Dispose() => _accounts.Dispose();

    private async Task<Dictionary<string, string>> SettingsAsync(WardenChild functions, params IEnumerable<(string Name, string Value)> more)
    {
        // A Lease that an earlier test's bridge was killed with would be waited for.
        await cluster.Client.DeleteAsync(KubernetesKinds.Lease, "agent-warden-system", "agent-warden-bridge", new(), default);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AGENTWARDEN_SINK_URL"] = new Uri(functions.Http, "events").AbsoluteUri,
            ["AGENTWARDEN_TOKEN_FILE"] = await _accounts.TokenFileAsync("agent-warden-bridge"),
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }
}
