using System.Text.Json.Nodes;
using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Credentials.CredentialReading;

public sealed class CredentialReaderTests
{
    private static readonly ObjectReference Reference = new(CredentialKinds.LLMAccess, "kagent", "agent");

    private readonly InMemoryCaches _caches = new();
    private readonly RecordingApi _api = new();
    private readonly CredentialReader _reader;

    public CredentialReaderTests() => _reader = new(_caches, new(_caches.Secrets, _api), _api);

    [Theory]
    [InlineData(null, true)]
    [InlineData("7", true)]
    [InlineData("6", true)]
    [InlineData("8", false)]
    [InlineData("10", false)]
    [InlineData("not-a-number", false)]
    public async Task The_copy_answers_unless_the_event_has_seen_a_later_version(string? seen, bool fromCopy)
    {
        _caches.Accesses.Set(Access("7"));
        _api.Objects[(CredentialKinds.LLMAccess, Reference.Key)] = """{"metadata":{"name":"agent","resourceVersion":"live"}}""";
        Assert.Equal(fromCopy ? "7" : "live", (await _reader.AccessAsync(Reference with { ResourceVersion = seen }, default))!.Metadata.ResourceVersion);
    }

    /// <summary>The bridge may be another process, whose watch is ahead of ours: the revision that the event is about must not be missed.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("7", true)]
    [InlineData("8", false)]
    public async Task A_Secrets_metadata_are_those_that_the_event_has_seen_or_later_ones(string? seen, bool fromCopy)
    {
        var secret = new ObjectReference(KubernetesKinds.Secret, "kagent", "agent-key");
        _caches.Secrets.Set(new MetadataOnly { Metadata = new() { Name = secret.Name, Namespace = secret.Namespace, ResourceVersion = "7" } });
        _api.Objects[(KubernetesKinds.Secret, secret.Key)] = """{"metadata":{"name":"agent-key","resourceVersion":"live"}}""";
        Assert.Equal(fromCopy ? "7" : "live", (await _reader.SecretMetadataAsync(secret with { ResourceVersion = seen }, default))!.ResourceVersion);
    }

    [Fact]
    public async Task Before_the_first_list_and_without_a_copy_it_is_read_live()
    {
        _caches.Accesses.IsSynced = false;
        _caches.Accesses.Set(Access("7"));
        Assert.Null(await _reader.AccessAsync(Reference, default));
        _caches.Accesses.IsSynced = true;
        _caches.Accesses.Remove(Reference.Key);
        Assert.Null(await _reader.AccessAsync(Reference, default));
        Assert.Equal(2, _api.Calls.Count);
    }

    [Fact]
    public async Task It_waits_for_the_watch_to_bring_our_own_write()
    {
        // On a busy machine the wait may run out; then this answers, and never the copy from before the write.
        _api.Objects[(CredentialKinds.LLMAccess, Reference.Key)] = """{"metadata":{"name":"agent","resourceVersion":"9"}}""";
        _caches.Accesses.Set(Access("7"));
        _reader.WroteAccess(Access("7").Metadata, new() { ResourceVersion = "9" });
        var read = _reader.AccessAsync(Reference with { ResourceVersion = "7" }, default);
        Assert.False(read.IsCompleted);
        _caches.Accesses.Set(Access("9"));
        Assert.Equal("9", (await read)!.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task A_watch_that_does_not_come_is_not_waited_for_for_ever()
    {
        _caches.Accesses.Set(Access("7"));
        _reader.WroteAccess(Access("7").Metadata, new() { ResourceVersion = "9" });
        _api.Objects[(CredentialKinds.LLMAccess, Reference.Key)] = """{"metadata":{"name":"agent","resourceVersion":"9"}}""";
        Assert.Equal("9", (await _reader.AccessAsync(Reference, default).WaitAsync(TimeSpan.FromSeconds(30)))!.Metadata.ResourceVersion);
        Assert.Single(_api.Calls);
    }

    [Fact]
    public async Task A_created_Secret_is_ours_before_the_watch_shows_it()
    {
        var access = Access("7");
        var target = new ObjectReference(KubernetesKinds.Secret, "kagent", "secret");
        var desired = new DesiredObject(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" }, ["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = "LLMAccess", ["uid"] = access.Metadata.Uid }) } })
        {
            SecretData = new Dictionary<string, SecretValue>(StringComparer.Ordinal) { [CredentialNames.ApiKey] = SecretValue.FromText("sk-1") },
        };

        // The API server's answer to a create is read for identity and version only.
        _reader.CreatedSecret(new(target, desired), new() { Uid = "u", ResourceVersion = "1" });

        var secret = await _reader.SecretOfAsync(access, default);
        Assert.True(secret!.IsUnconfirmed);
        Assert.True(CredentialSecret.IsOwnedBy(secret.Metadata, access.Metadata));
        Assert.Equal(("b", "u", "1", "secret"), (secret.Metadata.Label("a"), secret.Metadata.Uid, secret.Metadata.ResourceVersion, secret.Metadata.Name));
    }

    [Fact]
    public async Task Only_a_Secret_that_the_access_owns_is_read()
    {
        _caches.Secrets.Set(new() { Metadata = new() { Namespace = "kagent", Name = "secret", Uid = "u" } });
        Assert.Null((await _reader.SecretOfAsync(Access("7"), default))!.Digests);
        Assert.Empty(_api.Calls);
    }

    [Fact]
    public async Task A_master_key_is_read_only_for_type_apiKey()
    {
        Assert.False((await _reader.MasterKeyAsync(null, default)).SecretExists);
        Assert.False((await _reader.MasterKeyAsync(new() { Spec = new() { Auth = new() { Type = ProviderAuth.TypeWorkloadIdentity, ApiKey = new() { SecretRef = new() { Name = "m", Namespace = "n", Key = "k" } } } } }, default)).SecretExists);
        Assert.Empty(_api.Calls);

        _api.Objects[(KubernetesKinds.Secret, new("n", "m"))] = """{"metadata":{"name":"m"},"data":{"k":"c2stMQ==","a":""}}""";
        var master = await _reader.MasterKeyAsync(new() { Spec = new() { Auth = new() { Type = ProviderAuth.TypeApiKey, ApiKey = new() { SecretRef = new() { Name = "m", Namespace = "n", Key = "k" } } } } }, default);
        Assert.Equal(["a", "k"], master.Keys);
        Assert.Equal(SecretValue.FromText("sk-1"), master.Value);
    }

    private static LLMAccess Access(string version) => new()
    {
        Metadata = new() { Namespace = "kagent", Name = "agent", Uid = "access-uid", ResourceVersion = version },
        Spec = new() { SecretName = "secret" },
    };
}
