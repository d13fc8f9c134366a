using AgentWarden.Kernel.Contracts;
using AgentWarden.Credentials;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Credentials.SecretProvisioning;

namespace AgentWarden.Tests.Credentials;

public sealed class CredentialFanOutTests
{
    private readonly InMemoryCaches _caches = new();

    public CredentialFanOutTests()
    {
        _caches.Providers.Set(new() { Metadata = new() { Name = "p.1" }, Spec = new() { Auth = new() { ApiKey = new() { SecretRef = new() { Namespace = "platform", Name = "master", Key = "k" } } } } });
        Access("one", "a", "p.1", "s");
        Access("one", "b", "p.1", "s");
        Access("two", "c", "p.1", "s");
        Access("two", "d", "other", "master");
        Access("platform", "e", "p.1", "master");
    }

    [Fact]
    public void A_provider_concerns_all_that_name_it() => Assert.Equal("one/a one/b platform/e two/c", Concerned(CredentialKinds.LLMProvider, null, "p.1"));

    [Fact]
    public void A_namespace_concerns_those_in_it() => Assert.Equal("two/c two/d", Concerned(KubernetesKinds.Namespace, null, "two"));

    [Fact]
    public void A_master_concerns_all_of_its_providers_and_whoever_wants_its_name_once() => Assert.Equal("one/a one/b platform/e two/c", Concerned(KubernetesKinds.Secret, "platform", "master"));

    [Fact]
    public void A_Secret_concerns_all_that_name_it() => Assert.Equal("one/a one/b", Concerned(KubernetesKinds.Secret, "one", "s"));

    [Fact]
    public void Anything_else_concerns_nobody() => Assert.Equal("", Concerned(KubernetesKinds.Pod, "one", "s"));

    /// <summary>Two accesses want one name: when the first is deleted and its Secret collected, the second gets its turn.</summary>
    [Fact]
    public void The_end_of_one_accesss_Secret_is_told_to_the_other_that_waits_for_the_name() => Assert.Equal("one/a one/b", LookedAtWhenDeleted(Owned("one", "a")));

    /// <summary>An access deleted and created again: the Secret of the first has the old UID, and its end maps to the name, which is the same.</summary>
    [Fact]
    public void The_end_of_an_earlier_accesss_Secret_is_told_to_the_one_of_its_name() => Assert.Contains("one/b", LookedAtWhenDeleted(Owned("one", "b")), StringComparison.Ordinal);

    /// <summary>Copied with its labels by hand or restored from a backup, it stands in the way and has no owner.</summary>
    [Fact]
    public void The_end_of_a_copy_with_our_label_is_told_to_those_that_wait_for_the_name() => Assert.Equal("one/a one/b", LookedAtWhenDeleted(Owned("one", "a") with { OwnerReferences = null }));

    private string LookedAtWhenDeleted(ObjectMeta secret)
    {
        var subscriptions = new SecretProvisioningHandler(null!, _caches, null!).Subscriptions.Where(s => s.Kind == KubernetesKinds.Secret);
        return Names(subscriptions.Select(s => SubscriptionMapping.Map(s, ObjectChange.Delete, secret, secret)).OfType<ObjectEvent>()
            .SelectMany(e => e.Object.Kind == CredentialKinds.LLMAccess ? [e.Object] : CredentialFanOut.AccessesConcernedBy(e.Object, _caches)));
    }

    private static ObjectMeta Owned(string ns, string access) => new()
    {
        Namespace = ns,
        Name = "s",
        Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [CredentialNames.ManagedBy] = CredentialNames.ManagedByValue },
        OwnerReferences = [new() { ApiVersion = CredentialKinds.LLMAccess.ApiVersion, Kind = "LLMAccess", Name = access, Uid = "an-earlier-uid" }],
    };

    private void Access(string ns, string name, string provider, string secret) =>
        _caches.Accesses.Set(new() { Metadata = new() { Namespace = ns, Name = name }, Spec = new() { ProviderRef = new() { Name = provider }, SecretName = secret } });

    private string Concerned(ResourceKind kind, string? ns, string name)
    {
        var concerned = CredentialFanOut.AccessesConcernedBy(new(kind, ns, name), _caches);
        Assert.Equal(concerned.Count, concerned.Distinct().Count());
        return Names(concerned);
    }

    private static string Names(IEnumerable<ObjectReference> accesses) => string.Join(' ', accesses.Select(a => a.Key.ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
