using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Platform.Authentication;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>ServiceAccounts and their projected tokens, as the kubelet would mount them.</summary>
internal sealed class Accounts(KubernetesClient api) : IDisposable
{
    private static readonly ResourceKind ServiceAccount = new("", "v1", "serviceaccounts", "ServiceAccount", Namespaced: true);

    private readonly string _folder = Directory.CreateTempSubdirectory("warden-tokens-").FullName;

    /// <summary>A file with a token of the account for our audience, or for another one.</summary>
    public async Task<string> TokenFileAsync(string account, string ns = "agent-warden-system", string audience = SenderCheckOptions.DefaultAudience)
    {
        await api.ApplyAsync(ServiceAccount, ns, account, null, "tests", Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"{{account}}" } }"""), default);
        var request = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject { ["audiences"] = new JsonArray(audience) } };
        var answer = JsonNode.Parse(await api.SendAsync(HttpMethod.Post, $"{ServiceAccount.ObjectPath(ns, account)}/token", "application/json", Encoding.UTF8.GetBytes(request.ToJsonString()), default))!;
        var file = Path.Combine(_folder, $"{account}-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(file, (string?)answer["status"]!["token"]);
        return file;
    }

    /// <summary>A kubeconfig whose only user is the account, by a token for the API server.</summary>
    /// <param name="administrators">The kubeconfig that says where the API server is.</param>
    /// <param name="account">Of our namespace.</param>
    public async Task<string> KubeconfigAsync(string administrators, string account)
    {
        var token = await File.ReadAllTextAsync(await TokenFileAsync(account, audience: "https://kubernetes.default.svc"));
        var file = Path.Combine(_folder, $"{account}-{Guid.NewGuid():N}.kubeconfig");
        var lines = (await File.ReadAllLinesAsync(administrators)).Select(l => l.TrimStart().StartsWith("token:", StringComparison.Ordinal) ? $"{l[..l.IndexOf(':', StringComparison.Ordinal)]}: {token}" : l);
        await File.WriteAllLinesAsync(file, lines);
        return file;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
