using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.EventBridge;

public sealed class StandingByTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Deletions_are_remembered_for_a_minute_oldest_first()
    {
        var deletions = new RecentDeletions(_time);
        deletions.Add(KubernetesKinds.Secret, new() { Name = "old" });
        _time.Advance(TimeSpan.FromSeconds(40));
        deletions.Add(KubernetesKinds.Secret, new() { Name = "a" });
        deletions.Add(KubernetesKinds.Secret, new() { Name = "b" });
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(["a", "b"], deletions.TakeAll().Select(d => d.Last.Name));
        Assert.Empty(deletions.TakeAll());
    }

    [Fact]
    public void Every_object_belongs_to_one_shard_and_they_share_evenly()
    {
        var shards = Enumerable.Range(0, 3).Select(i => new Shard(i, 3)).ToList();
        var counts = new int[3];
        for (var i = 0; i < 3000; i++)
        {
            counts[Assert.Single(shards, s => s.Owns(new() { Namespace = $"team-{i}", Name = "any" })).Index]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 800, 1200));
    }

    [Fact]
    public void A_namespace_goes_where_its_objects_go()
    {
        var shard = new Shard(1, 4);
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(shard.Owns(new() { Name = $"team-{i}" }), shard.Owns(new() { Namespace = $"team-{i}", Name = "key" })));
    }

    [Fact]
    public void One_shard_is_everything() => Assert.True(Shard.Whole.Owns(new() { Namespace = "any", Name = "thing" }));

    [Theory]
    [InlineData("a=b", "a"), InlineData("a,!c", "a c"), InlineData("x/y=1,z", "x/y z")]
    public void The_labels_that_a_selector_asks_about_are_known(string selector, string keys) =>
        Assert.Equal(keys.Split(' '), SubscriptionMapping.LabelKeys(selector));
}
