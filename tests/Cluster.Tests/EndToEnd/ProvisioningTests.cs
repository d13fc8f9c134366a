using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>Provisioning on a real API server: everything that an access depends on is reacted to at once.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class ProvisioningTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private readonly Guide _guide = new(cluster.Client);
    private Warden _warden = null!;
    private string _ns = null!;

    public async Task InitializeAsync()
    {
        _ns = await cluster.NewNamespaceAsync("team");
        await _guide.MasterAsync(_ns, "master", Guide.Key);
        await _guide.ProviderAsync(_ns, _ns, "master");
        _warden = await Warden.StartAsync(cluster.Connection);
    }

    public async Task DisposeAsync() => await _warden.DisposeAsync();

    [Fact]
    public async Task An_access_gets_its_secret_and_a_status_that_says_everything()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        var access = await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        var status = access.Status!;
        Assert.Equal("agent-key", status.SecretRef!.Name);
        Assert.Equal(["claude-sonnet-4-6"], status.ProvisionedModels);
        Assert.Equal(TimeSpan.FromDays(30), status.NextRotation - status.LastRotation);
        Assert.All(status.Conditions!, c => Assert.Equal(access.Metadata.Generation, c.ObservedGeneration));

        var secret = await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
        Assert.Equal(["apiKey", "provider"], secret.Data!.Keys.Order());
        Assert.Equal(CredentialNames.ManagedByValue, secret.Metadata.Label(CredentialNames.ManagedBy));
        Assert.Equal(access.Metadata.Uid, Assert.Single(secret.Metadata.OwnerReferences!).Uid);
        var provider = await Guide.UntilAsync(
            async () => await cluster.Client.GetAsync(CredentialKinds.LLMProvider, null, _ns, CredentialJson.Default.LLMProvider, default),
            p => p.Status?.AccessCount == 1, p => $"accessCount is {p?.Status?.AccessCount}");
        Assert.NotNull(provider.Status!.LastCredentialCheck);
    }

    [Fact]
    public async Task Nobody_is_woken_by_a_status_that_he_does_not_read()
    {
        var before = await LooksAtRestAsync();
        for (var i = 0; i < 10; i++)
        {
            await _guide.AccessAsync(_ns, $"agent-{i}", _ns, $"agent-key-{i}");
            await _guide.ReadyAsync(_ns, $"agent-{i}", "Provisioned");
        }

        // About 11 an access; with every status told to everyone it was 15.5. Behind a broker each is a message.
        Assert.InRange((await LooksAtRestAsync() - before) / 10, 1, 15);
    }

    [Fact]
    public async Task Objects_may_come_in_any_order()
    {
        var late = _ns + "-late";
        await _guide.AccessAsync(_ns, "agent", late, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "ProviderNotFound");
        await _guide.ProviderAsync(late, _ns, "master-late");
        await _guide.ReadyAsync(_ns, "agent", "MasterSecretNotFound");
        await _guide.SecretAsync(_ns, "master-late", new JsonObject { ["other"] = "x" });
        await _guide.ReadyAsync(_ns, "agent", "MasterKeyNotFound");
        await _guide.MasterAsync(_ns, "master-late", "");
        await _guide.ReadyAsync(_ns, "agent", "MasterKeyEmpty");
        await _guide.MasterAsync(_ns, "master-late", "binary\u0001");
        await _guide.ReadyAsync(_ns, "agent", "MasterKeyNotText");
        await _guide.MasterAsync(_ns, "master-late", "sk-late\n");
        await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await _guide.SecretWithKeyAsync(_ns, "agent-key", "sk-late");
    }

    [Fact]
    public async Task A_new_master_key_is_handed_out_at_once_and_counts_as_rotation()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        var before = await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await Task.Delay(1100);
        await _guide.MasterAsync(_ns, "master", "sk-second");
        await _guide.SecretWithKeyAsync(_ns, "agent-key", "sk-second");
        await Guide.UntilAsync(() => _guide.AccessAsync(_ns, "agent"), a => a.Status!.LastRotation > before.Status!.LastRotation, a => $"lastRotation is still {a?.Status?.LastRotation}");
    }

    [Fact]
    public async Task Tampering_is_repaired_and_is_no_rotation()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        var before = await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        // Times have whole seconds: within the same one a stamp that moves could not be seen.
        await Task.Delay(1100);
        await _guide.MergeAsync(KubernetesKinds.Secret, _ns, "agent-key", new JsonObject { ["stringData"] = new JsonObject { ["apiKey"] = "stolen" } });
        await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
        await cluster.Client.DeleteAsync(KubernetesKinds.Secret, _ns, "agent-key", new(), default);
        await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
        await _guide.MergeAsync(KubernetesKinds.Secret, _ns, "agent-key", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [CredentialNames.ManagedBy] = null } } });
        await Guide.UntilAsync(() => _guide.SecretAsync(_ns, "agent-key"), s => s.Metadata.Label(CredentialNames.ManagedBy) is not null, _ => "the label is still missing");
        Assert.Equal(before.Status!.LastRotation, (await _guide.ReadyAsync(_ns, "agent", "Provisioned")).Status!.LastRotation);
    }

    [Fact]
    public async Task A_status_that_somebody_else_wrote_is_put_right()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await WriteStatusAsync(CredentialKinds.LLMAccess, _ns, "agent", """{"status":{"provisionedModels":["everything"],"conditions":[]}}""");
        await WriteStatusAsync(CredentialKinds.LLMProvider, null, _ns, """{"status":{"accessCount":42}}""");
        Assert.Equal(["claude-sonnet-4-6"], (await _guide.ReadyAsync(_ns, "agent", "Provisioned")).Status!.ProvisionedModels);
        await Guide.UntilAsync(async () => await cluster.Client.GetAsync(CredentialKinds.LLMProvider, null, _ns, CredentialJson.Default.LLMProvider, default), p => p.Status?.AccessCount == 1, p => $"accessCount is {p?.Status?.AccessCount}");
    }

    [Fact]
    public async Task A_namespace_that_loses_its_label_loses_the_credential_and_gets_it_back_with_the_label()
    {
        await _guide.ProviderAsync(_ns, _ns, "master", s => s["namespaceSelector"] = new JsonObject
        {
            ["matchLabels"] = new JsonObject { ["llmwarden.io/ai-enabled"] = "true" },
            ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = "tier", ["operator"] = "NotIn", ["values"] = new JsonArray("lab") }),
        });
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "NamespaceNotAllowed");
        Assert.Null(await _guide.SecretAsync(_ns, "agent-key"));
        await _guide.LabelNamespaceAsync(_ns, "llmwarden.io/ai-enabled", "true");
        await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
        await _guide.LabelNamespaceAsync(_ns, "tier", "lab");
        await _guide.NoSecretAsync(_ns, "agent-key");
        Assert.Null((await _guide.ReadyAsync(_ns, "agent", "NamespaceNotAllowed")).Status!.SecretRef);
        await _guide.LabelNamespaceAsync(_ns, "tier", null);
        await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
    }

    [Fact]
    public async Task A_withdrawn_model_a_deleted_provider_and_a_deleted_access_end_the_access()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await _guide.ProviderAsync(_ns, _ns, "master", s => s["allowedModels"] = new JsonArray("claude-opus-4-6"));
        await _guide.NoSecretAsync(_ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "ModelsNotAllowed");
        await _guide.ProviderAsync(_ns, _ns, "master");
        await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
        await cluster.Client.DeleteAsync(CredentialKinds.LLMProvider, null, _ns, new(), default);
        await _guide.NoSecretAsync(_ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "ProviderNotFound");
        await _guide.ProviderAsync(_ns, _ns, "master");
        await _guide.SecretWithKeyAsync(_ns, "agent-key", Guide.Key);
        await cluster.Client.DeleteAsync(CredentialKinds.LLMAccess, _ns, "agent", new(), default);
        await _guide.NoSecretAsync(_ns, "agent-key");
    }

    [Fact]
    public async Task A_secret_that_is_not_ours_is_never_touched()
    {
        await _guide.SecretAsync(_ns, "taken", new JsonObject { ["token"] = "theirs" });
        var before = await _guide.SecretAsync(_ns, "taken");
        await _guide.AccessAsync(_ns, "agent", _ns, "taken");
        await _guide.ReadyAsync(_ns, "agent", "SecretConflict");
        await _guide.ProviderAsync(_ns, _ns, "master", s => s["allowedModels"] = new JsonArray("claude-opus-4-6"));
        await _guide.ReadyAsync(_ns, "agent", "ModelsNotAllowed");
        var after = await _guide.SecretAsync(_ns, "taken");
        Assert.Equal(before!.Metadata.ResourceVersion, after!.Metadata.ResourceVersion);
        await _guide.ProviderAsync(_ns, _ns, "master");
        await _guide.ReadyAsync(_ns, "agent", "SecretConflict");
        await cluster.Client.DeleteAsync(KubernetesKinds.Secret, _ns, "taken", new(), default);
        await _guide.SecretWithKeyAsync(_ns, "taken", Guide.Key);
    }

    [Fact]
    public async Task A_renamed_secret_replaces_the_old_one_and_an_endpoint_comes_and_goes()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "first");
        await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await _guide.AccessAsync(_ns, "agent", _ns, "second");
        await _guide.SecretWithKeyAsync(_ns, "second", Guide.Key);
        await _guide.NoSecretAsync(_ns, "first");
        await _guide.ProviderAsync(_ns, _ns, "master", s => s["endpoint"] = new JsonObject { ["baseURL"] = "https://proxy.example" });
        await Guide.UntilAsync(() => _guide.SecretAsync(_ns, "second"), s => s.Data!.ContainsKey("baseUrl"), _ => "baseUrl is missing");
        await _guide.MergeAsync(CredentialKinds.LLMProvider, null, _ns, new JsonObject { ["spec"] = new JsonObject { ["endpoint"] = null } });
        await Guide.UntilAsync(() => _guide.SecretAsync(_ns, "second"), s => !s.Data!.ContainsKey("baseUrl"), _ => "baseUrl is still there");
    }

    [Fact]
    public async Task An_access_that_is_created_again_under_its_name_gets_its_credential_again()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await cluster.Client.DeleteAsync(CredentialKinds.LLMAccess, _ns, "agent", new(), default);
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        var access = await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        await Guide.UntilAsync(() => _guide.SecretAsync(_ns, "agent-key"), s => s.Metadata.OwnerReferences![0].Uid == access.Metadata.Uid, _ => "the Secret belongs to the old access");
    }

    [Fact]
    public async Task Nothing_is_written_when_nothing_changes()
    {
        await _guide.AccessAsync(_ns, "agent", _ns, "agent-key");
        await _guide.ReadyAsync(_ns, "agent", "Provisioned");
        // The provider's count comes about a second later.
        await Guide.UntilAsync(async () => await cluster.Client.GetAsync(CredentialKinds.LLMProvider, null, _ns, CredentialJson.Default.LLMProvider, default), p => p.Status?.AccessCount == 1, _ => "the provider does not count");
        await LooksAtRestAsync();
        var (access, secret, provider) = (await VersionAsync(CredentialKinds.LLMAccess, "agent"), await VersionAsync(KubernetesKinds.Secret, "agent-key"), await VersionAsync(CredentialKinds.LLMProvider, _ns));
        await _guide.LabelNamespaceAsync(_ns, "irrelevant", "change");
        await _guide.MergeAsync(KubernetesKinds.Secret, _ns, "master", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["touched"] = "yes" } } });
        await Task.Delay(2500);
        Assert.Equal(access, await VersionAsync(CredentialKinds.LLMAccess, "agent"));
        Assert.Equal(secret, await VersionAsync(KubernetesKinds.Secret, "agent-key"));
        Assert.Equal(provider, await VersionAsync(CredentialKinds.LLMProvider, _ns));
    }

    private Task WriteStatusAsync(ResourceKind kind, string? ns, string name, string patch) =>
        cluster.Client.PatchAsync(kind, ns, name, "status", PatchKind.Merge, "tests", Encoding.UTF8.GetBytes(patch), default);

    private async Task<string?> VersionAsync(ResourceKind kind, string name) =>
        (await cluster.Client.GetAsync(kind, kind.Namespaced ? _ns : null, name, ObjectMetaJson.Default.MetadataOnly, default))!.Metadata.ResourceVersion;

    /// <summary>Looks of all functions so far, once no more come.</summary>
    private async Task<double> LooksAtRestAsync()
    {
        using var http = new HttpClient();
        var (last, since) = (-1.0, DateTime.UtcNow);
        while (DateTime.UtcNow - since < TimeSpan.FromSeconds(2))
        {
            var lines = (await http.GetStringAsync(new Uri(_warden.Http, "metrics"))).Split('\n');
            var now = lines.Where(l => l.StartsWith("agentwarden_function_invocations_total{", StringComparison.Ordinal)).Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
            if (now != last)
            {
                (last, since) = (now, DateTime.UtcNow);
            }

            await Task.Delay(100);
        }

        return last;
    }
}
