using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.ClusterTests;

/// <summary>Builds and reads the objects of the kagent guide on a real API server.</summary>
internal sealed class Guide(KubernetesClient api)
{
    public const string Key = "sk-ant-0123456789";

    /// <summary>How long a reaction may take before a test calls it missing; far above what it takes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public Task MasterAsync(string ns, string name, string key) => SecretAsync(ns, name, new JsonObject { ["api-key"] = key });

    public Task SecretAsync(string ns, string name, JsonObject stringData) => ApplyAsync(KubernetesKinds.Secret, ns, name, new JsonObject { ["stringData"] = stringData });

    public Task ProviderAsync(string name, string masterNamespace, string master, Action<JsonObject>? change = null)
    {
        var spec = new JsonObject
        {
            ["provider"] = "anthropic",
            ["auth"] = new JsonObject
            {
                ["type"] = "apiKey",
                ["apiKey"] = new JsonObject
                {
                    ["secretRef"] = new JsonObject { ["name"] = master, ["namespace"] = masterNamespace, ["key"] = "api-key" },
                    ["rotation"] = new JsonObject { ["enabled"] = true, ["interval"] = "30d", ["strategy"] = "recreateSecret" },
                },
            },
            ["allowedModels"] = new JsonArray("claude-opus-4-6", "claude-sonnet-4-6"),
        };
        change?.Invoke(spec);
        return ApplyAsync(CredentialKinds.LLMProvider, null, name, new JsonObject { ["spec"] = spec });
    }

    public Task AccessAsync(string ns, string name, string provider, string secret, Action<JsonObject>? change = null)
    {
        var spec = new JsonObject
        {
            ["providerRef"] = new JsonObject { ["name"] = provider },
            ["models"] = new JsonArray("claude-sonnet-4-6"),
            ["secretName"] = secret,
            ["workloadSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["kagent.dev/agent"] = "reasoning-agent" } },
            ["injection"] = new JsonObject { ["env"] = new JsonArray(new JsonObject { ["name"] = "ANTHROPIC_API_KEY", ["secretKey"] = "apiKey" }) },
        };
        change?.Invoke(spec);
        return ApplyAsync(CredentialKinds.LLMAccess, ns, name, new JsonObject { ["spec"] = spec });
    }

    public Task LabelNamespaceAsync(string ns, string label, string? value) =>
        api.PatchAsync(KubernetesKinds.Namespace, null, ns, null, PatchKind.Merge, "tests", Bytes(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [label] = value } } }), CancellationToken.None);

    public Task<ObjectMeta> MergeAsync(ResourceKind kind, string? ns, string name, JsonObject patch) =>
        api.PatchAsync(kind, ns, name, null, PatchKind.Merge, "tests", Bytes(patch), CancellationToken.None);

    public Task<ObjectMeta> ApplyAsync(ResourceKind kind, string? ns, string name, JsonObject body)
    {
        body["apiVersion"] = kind.ApiVersion;
        body["kind"] = kind.Kind;
        var metadata = body["metadata"] as JsonObject ?? [];
        metadata["name"] = name;
        body["metadata"] = metadata;
        return api.ApplyAsync(kind, ns, name, null, "tests", Bytes(body), CancellationToken.None);
    }

    public Task<LLMAccess?> AccessAsync(string ns, string name) => api.GetAsync(CredentialKinds.LLMAccess, ns, name, CredentialJson.Default.LLMAccess, CancellationToken.None);

    public Task<SecretObject?> SecretAsync(string ns, string name) => api.GetAsync(KubernetesKinds.Secret, ns, name, SecretJson.Default.SecretObject, CancellationToken.None);

    /// <summary>Waits until the access has this reason in its Ready condition.</summary>
    public Task<LLMAccess> ReadyAsync(string ns, string name, string reason) => UntilAsync(
        async () => await AccessAsync(ns, name),
        a => a.Status?.ObservedGeneration == a.Metadata.Generation && a.Status.Conditions?.Any(c => c.Type == "Ready" && c.Reason == reason) == true,
        a => $"Ready is {string.Join(", ", a?.Status?.Conditions?.Select(c => $"{c.Type}={c.Status} {c.Reason} {c.Message}") ?? ["absent"])}; waiting for {reason}");

    public Task<SecretObject> SecretWithKeyAsync(string ns, string name, string key) => UntilAsync(
        async () => await SecretAsync(ns, name),
        s => s.Data?.GetValueOrDefault("apiKey")?.Equals(SecretValue.FromText(key)) == true,
        s => $"Secret {ns}/{name} is {(s is null ? "absent" : "there with another key")}");

    public Task NoSecretAsync(string ns, string name) => UntilAsync(
        async () => await SecretAsync(ns, name) is null ? "gone" : null, _ => true, _ => $"Secret {ns}/{name} is still there");

    public static async Task<T> UntilAsync<T>(Func<Task<T?>> read, Func<T, bool> done, Func<T?, string> describe) where T : class
    {
        var started = DateTime.UtcNow;
        while (true)
        {
            var value = await read();
            if (value is not null && done(value))
            {
                return value;
            }

            if (DateTime.UtcNow - started > Patience)
            {
                throw new TimeoutException(describe(value));
            }

            await Task.Delay(20);
        }
    }

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
