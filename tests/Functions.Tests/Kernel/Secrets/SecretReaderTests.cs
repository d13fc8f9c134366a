using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Tests.Credentials;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Kernel.Secrets;

public sealed class SecretReaderTests
{
    private static readonly ObjectKey Key = new("kagent", "s");
    private static readonly Dictionary<string, SecretValue> Data = new(StringComparer.Ordinal) { ["apiKey"] = SecretValue.FromText("sk-1") };

    private readonly InMemoryCache<MetadataOnly> _watch = new();
    private readonly RecordingApi _api = new();
    private readonly SecretReader _reader;

    public SecretReaderTests() => _reader = new(_watch, _api);

    [Fact]
    public async Task A_version_is_read_once()
    {
        Shows("u", "1");
        Holds("u", "1");
        Assert.Equal(SecretValue.FromText("sk-1"), (await _reader.ReadSourceAsync(Key, default))!.Data!["apiKey"]);
        await _reader.ReadSourceAsync(Key, default);
        var content = await ContentAsync();
        await ContentAsync();
        Assert.Equal(SecretValue.FromText("sk-1").Digest, content!.Digests!["apiKey"]);
        Assert.Equal(2, _api.Calls.Count); // once as a source, once by digest
    }

    [Theory]
    [InlineData("u", "2")]
    [InlineData("made-again", "1")]
    public async Task Another_version_or_object_is_read_again(string uid, string version)
    {
        Shows("u", "1");
        Holds("u", "1");
        await _reader.ReadSourceAsync(Key, default);
        await ContentAsync();
        Shows(uid, version);
        Holds(uid, version, "c2stMg==");
        Assert.Equal(SecretValue.FromText("sk-2"), (await _reader.ReadSourceAsync(Key, default))!.Data!["apiKey"]);
        Assert.Equal(SecretValue.FromText("sk-2").Digest, (await ContentAsync())!.Digests!["apiKey"]);
    }

    [Fact]
    public async Task A_read_that_is_ahead_of_the_watch_is_not_mistaken_for_the_watched_version()
    {
        Shows("u", "1");
        Holds("u", "2", "c2stMg==");
        await ContentAsync();
        Holds("u", "3", "c2stMw==");
        Assert.Equal(SecretValue.FromText("sk-3").Digest, (await ContentAsync())!.Digests!["apiKey"]);
    }

    [Fact]
    public async Task Before_the_first_list_everything_is_read_live()
    {
        _watch.IsSynced = false;
        Assert.Null(await ContentAsync());
        Holds("u", "1");
        Assert.NotNull(await ContentAsync());
        Assert.NotNull(await _reader.ReadSourceAsync(Key, default));
        Assert.Equal(3, _api.Calls.Count);
    }

    [Fact]
    public async Task What_the_watch_does_not_show_does_not_exist_and_costs_no_call()
    {
        Assert.Null(await ContentAsync());
        Assert.Empty(_api.Calls);
    }

    [Fact]
    public async Task A_Secret_of_others_is_not_read()
    {
        Shows("u", "1");
        var content = await _reader.ReadContentAsync(Key, _ => false, default);
        Assert.Null(content!.Digests);
        Assert.Equal("u", content.Metadata.Uid);
        Assert.Empty(_api.Calls);
    }

    [Fact]
    public async Task A_created_Secret_is_there_with_owners_and_all_before_the_watch_shows_it()
    {
        Created("u", "1");
        var content = await ContentAsync();
        Assert.True(content!.IsUnconfirmed);
        Assert.Equal("agent", Assert.Single(content.Metadata.OwnerReferences!).Name);
        Assert.Equal(SecretValue.FromText("sk-1").Digest, content.Digests!["apiKey"]);

        Shows("u", "1");
        Assert.False((await ContentAsync())!.IsUnconfirmed);
        Assert.Empty(_api.Calls);
    }

    [Fact]
    public async Task The_metadata_is_the_watchs_even_where_the_content_is_remembered()
    {
        Created("u", "1");
        _watch.Set(new() { Metadata = new() { Namespace = "kagent", Name = "s", Uid = "u", ResourceVersion = "1", OwnerReferences = [] } });
        Assert.Empty((await ContentAsync())!.Metadata.OwnerReferences!);
    }

    [Fact]
    public async Task A_watch_that_is_faster_than_the_answer_is_right()
    {
        Shows("u", "1");
        Created("u", "1");
        Gone("u", "1");
        Assert.Null(await ContentAsync());
    }

    [Fact]
    public async Task A_Secret_deleted_right_after_creation_is_gone()
    {
        Created("u", "1");
        Shows("u", "1");
        Gone("u", "1");
        Assert.Null(await ContentAsync());
    }

    [Fact]
    public async Task A_new_list_ends_the_belief_in_what_it_does_not_hold()
    {
        Created("u", "1");
        _reader.OnSynced();
        Assert.Null(await ContentAsync());
    }

    [Fact]
    public async Task A_deleted_Secret_is_gone_before_the_watch_says_so()
    {
        Shows("u", "1");
        Holds("u", "1");
        _reader.Deleted(Key, "u");
        Assert.True(_reader.IsDeleted(Meta("u", "1")));
        Assert.Null(await ContentAsync());

        Gone("u", "1");
        Shows("other", "9");
        Holds("other", "9");
        Assert.Equal("other", (await ContentAsync())!.Metadata.Uid);
        Assert.False(_reader.IsDeleted(Meta("u", "1")));
    }

    [Fact]
    public async Task A_replaced_Secret_is_the_new_one_while_the_watch_still_shows_the_old()
    {
        Shows("old", "1");
        _reader.Deleted(Key, "old");
        Created("new", "2");
        Assert.Equal("new", (await ContentAsync())!.Metadata.Uid);

        Gone("old", "1");
        Assert.Equal("new", (await ContentAsync())!.Metadata.Uid);
        Shows("new", "2");
        Assert.False((await ContentAsync())!.IsUnconfirmed);
        Assert.Empty(_api.Calls);
    }

    [Fact]
    public async Task A_delete_that_the_watch_has_told_already_hides_nothing_of_that_name()
    {
        Shows("new", "2");
        Holds("new", "2");
        _reader.Deleted(Key, "old");
        Assert.Equal("new", (await ContentAsync())!.Metadata.Uid);
    }

    [Fact]
    public async Task A_source_that_is_deleted_is_gone()
    {
        Shows("u", "1");
        Holds("u", "1");
        await _reader.ReadSourceAsync(Key, default);
        _api.Objects.Clear();
        Gone("u", "1");
        Assert.Null(await _reader.ReadSourceAsync(Key, default));
    }

    private static ObjectMeta Meta(string uid, string version) => new() { Namespace = "kagent", Name = "s", Uid = uid, ResourceVersion = version, OwnerReferences = [new() { Name = "agent" }] };

    private Task<SecretContent?> ContentAsync() => _reader.ReadContentAsync(Key, _ => true, default);

    private void Created(string uid, string version) => _reader.Created(Meta(uid, version), Data);

    private void Shows(string uid, string version)
    {
        var now = new MetadataOnly { Metadata = Meta(uid, version) };
        _watch.Set(now);
        _reader.OnChange(ObjectChange.Update, null, now);
    }

    private void Gone(string uid, string version)
    {
        _watch.Remove(Key);
        _reader.OnChange(ObjectChange.Delete, null, new() { Metadata = Meta(uid, version) });
    }

    private void Holds(string uid, string version, string value = "c2stMQ==") => _api.Objects[(KubernetesKinds.Secret, Key)] =
        $$"""{"metadata":{"namespace":"kagent","name":"s","uid":"{{uid}}","resourceVersion":"{{version}}"},"data":{"apiKey":"{{value}}"} }""";
}
