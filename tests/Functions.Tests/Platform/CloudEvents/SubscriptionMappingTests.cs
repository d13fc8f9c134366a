using AgentWarden.Credentials;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class SubscriptionMappingTests
{
    private static readonly Subscription Ours = new(KubernetesKinds.Secret) { LabelSelector = "llmwarden.io/managed-by=llmwarden", Owner = CredentialKinds.LLMAccess };
    private static readonly Dictionary<string, string> OurLabel = new(StringComparer.Ordinal) { [CredentialNames.ManagedBy] = CredentialNames.ManagedByValue };

    [Fact]
    public void Without_owner_the_changed_object_is_meant_as_it_was_seen()
    {
        var mapped = SubscriptionMapping.Map(new(KubernetesKinds.Secret), ObjectChange.Delete, null, Secret());
        Assert.Equal(new ObjectEvent(ObjectChange.Delete, new(KubernetesKinds.Secret, "kagent", "s") { Uid = "secret-uid", ResourceVersion = "7" }), mapped);
    }

    [Fact]
    public void With_owner_the_owner_is_meant_and_read_as_it_is_now()
    {
        var mapped = SubscriptionMapping.Map(Ours, ObjectChange.Delete, null, Secret(OurLabel, "agent"));
        Assert.Equal(new ObjectEvent(ObjectChange.Update, new(CredentialKinds.LLMAccess, "kagent", "agent") { Uid = "uid-of-agent" }), mapped);
    }

    [Fact]
    public void An_object_that_loses_our_label_is_news() =>
        Assert.Equal("agent", SubscriptionMapping.Map(Ours, ObjectChange.Update, Secret(OurLabel, "agent"), Secret(null, "agent"))?.Object.Name);

    [Fact]
    public void An_object_that_loses_its_owner_is_news_of_that_owner() =>
        Assert.Equal("agent", SubscriptionMapping.Map(Ours, ObjectChange.Update, Secret(OurLabel, "agent"), Secret(OurLabel))?.Object.Name);

    [Fact]
    public void An_object_of_others_is_none() => Assert.Null(SubscriptionMapping.Map(Ours, ObjectChange.Add, null, Secret(null, "agent")));

    [Fact]
    public void An_owner_of_another_group_is_none()
    {
        var secret = Secret(OurLabel) with { OwnerReferences = [new() { ApiVersion = "llmwarden.io.example/v1", Kind = "LLMAccess", Name = "agent" }] };
        Assert.Null(SubscriptionMapping.Map(Ours, ObjectChange.Add, null, secret));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("a", true)]
    [InlineData("!a", false)]
    [InlineData("b", false)]
    [InlineData("!b", true)]
    [InlineData("a=1", true)]
    [InlineData("a=2", false)]
    [InlineData("a=1,!b", true)]
    [InlineData("a=1,b", false)]
    public void Label_selectors(string? selector, bool matches)
    {
        var secret = Secret(new(StringComparer.Ordinal) { ["a"] = "1" });
        Assert.Equal(matches, SubscriptionMapping.Map(new(KubernetesKinds.Secret) { LabelSelector = selector }, ObjectChange.Add, null, secret) is not null);
    }

    [Theory]
    [InlineData(2, "1", false, false)]
    [InlineData(3, "1", false, true)]
    [InlineData(2, "2", false, true)]
    [InlineData(2, "1", true, true)]
    public void Who_asks_for_the_spec_only_hears_of_another_generation_another_object_and_its_deletion(long generation, string uid, bool deleting, bool hears)
    {
        var before = new ObjectMeta { Name = "agent", Namespace = "kagent", Uid = "1", Generation = 2, ResourceVersion = "7" };
        var now = before with { Generation = generation, Uid = uid, ResourceVersion = "8", DeletionTimestamp = deleting ? DateTimeOffset.UnixEpoch : null };
        Assert.Equal(hears, SubscriptionMapping.Map(new(CredentialKinds.LLMAccess) { SpecOnly = true }, ObjectChange.Update, before, now) is not null);
        Assert.NotNull(SubscriptionMapping.Map(new(CredentialKinds.LLMAccess), ObjectChange.Update, before, now));
    }

    [Theory]
    [InlineData(nameof(ObjectChange.Add), false)]
    [InlineData(nameof(ObjectChange.Delete), true)]
    [InlineData(nameof(ObjectChange.Update), false)]
    public void What_is_new_gone_or_first_seen_is_told_to_everyone(string change, bool hasBefore)
    {
        var now = new ObjectMeta { Name = "agent", Namespace = "kagent", Uid = "1", Generation = 2, ResourceVersion = "7" };
        Assert.NotNull(SubscriptionMapping.Map(new(CredentialKinds.LLMAccess) { SpecOnly = true }, Enum.Parse<ObjectChange>(change), hasBefore ? now : null, now));
    }

    [Fact]
    public void A_kind_without_generation_has_no_spec_to_tell_apart() =>
        Assert.NotNull(SubscriptionMapping.Map(new(KubernetesKinds.Secret) { SpecOnly = true }, ObjectChange.Update, Secret(), Secret()));

    private static ObjectMeta Secret(Dictionary<string, string>? labels = null, string? owner = null) => new()
    {
        Name = "s",
        Namespace = "kagent",
        Uid = "secret-uid",
        ResourceVersion = "7",
        Labels = labels,
        OwnerReferences = owner is null ? null : [new() { ApiVersion = "llmwarden.io/v1alpha1", Kind = "LLMAccess", Name = owner, Uid = $"uid-of-{owner}" }],
    };
}
