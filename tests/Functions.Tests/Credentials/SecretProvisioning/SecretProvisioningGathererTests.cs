using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Credentials.SecretProvisioning;
using AgentWarden.Tests.Kernel.Planning;

namespace AgentWarden.Tests.Credentials.SecretProvisioning;

/// <summary>A Secret of an access of the same name: which of the two accesses is over, the copies cannot say.</summary>
public sealed class SecretProvisioningGathererTests
{
    private static readonly ObjectReference Reference = new(CredentialKinds.LLMAccess, "kagent", "agent");

    private readonly InMemoryCaches _caches = new();
    private readonly RecordingApi _api = new();
    private readonly SecretProvisioningGatherer _gatherer;

    public SecretProvisioningGathererTests()
    {
        _gatherer = new(new(_caches, new(_caches.Secrets, _api), _api), _caches, TimeProvider.System);
        _caches.Namespaces.Set(new MetadataOnly { Metadata = new() { Name = "kagent" } });
    }

    [Fact]
    public async Task Our_copy_is_that_of_the_access_that_is_over_so_the_one_that_is_there_is_decided_on()
    {
        Copies(access: "first", ownerOfSecret: "second");
        Live(access: "second", ownerOfSecret: "second");
        var facts = await _gatherer.GatherAsync(Reference, default);
        Assert.Equal("second", facts!.Access.Metadata.Uid);
        Assert.True(CredentialSecret.IsOwnedBy(facts.Existing!.Metadata, facts.Access.Metadata));
    }

    [Fact]
    public async Task The_Secret_is_that_of_the_access_that_is_over()
    {
        Copies(access: "second", ownerOfSecret: "first");
        Live(access: "second", ownerOfSecret: "first");
        var facts = await _gatherer.GatherAsync(Reference, default);
        Assert.True(CredentialSecret.IsOfNamesake(facts!.Existing!.Metadata, facts.Access.Metadata));
        Assert.NotNull(facts.Existing.Digests);
    }

    [Fact]
    public async Task Both_are_over()
    {
        Copies(access: "first", ownerOfSecret: "second");
        Live(access: "second", ownerOfSecret: "second");
        _api.Objects.Remove((CredentialKinds.LLMAccess, Reference.Key));
        Assert.Null(await _gatherer.GatherAsync(Reference, default));
    }

    [Fact]
    public async Task The_Secret_of_another_access_is_not_read_and_costs_nothing()
    {
        Copies(access: "first", ownerOfSecret: "another", nameOfOwner: "another");
        var facts = await _gatherer.GatherAsync(Reference, default);
        Assert.Null(facts!.Existing!.Digests);
        Assert.DoesNotContain(_api.Calls, c => c.Contains("secret", StringComparison.OrdinalIgnoreCase) || c.Contains("access", StringComparison.OrdinalIgnoreCase));
    }

    private void Copies(string access, string ownerOfSecret, string nameOfOwner = "agent")
    {
        _caches.Accesses.Set(new LLMAccess
        {
            Metadata = new() { Name = "agent", Namespace = "kagent", Uid = access, ResourceVersion = "7" },
            Spec = new() { ProviderRef = new() { Name = "provider" }, SecretName = "agent-key" },
        });
        _caches.Secrets.Set(new MetadataOnly
        {
            Metadata = new()
            {
                Name = "agent-key",
                Namespace = "kagent",
                Uid = "secret",
                ResourceVersion = "8",
                Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [CredentialNames.ManagedBy] = CredentialNames.ManagedByValue },
                OwnerReferences = [new() { ApiVersion = CredentialKinds.LLMAccess.ApiVersion, Kind = "LLMAccess", Name = nameOfOwner, Uid = ownerOfSecret }],
            },
        });
    }

    private void Live(string access, string ownerOfSecret)
    {
        _api.Objects[(CredentialKinds.LLMAccess, Reference.Key)] = $$$"""
            {"metadata":{"name":"agent","namespace":"kagent","uid":"{{{access}}}","resourceVersion":"9"},"spec":{"providerRef":{"name":"provider"},"secretName":"agent-key"}}
            """;
        _api.Objects[(KubernetesKinds.Secret, new("kagent", "agent-key"))] = $$$"""
            {"metadata":{"name":"agent-key","namespace":"kagent","uid":"secret","resourceVersion":"8","ownerReferences":[{"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMAccess","name":"agent","uid":"{{{ownerOfSecret}}}"}]},"data":{}}
            """;
    }
}
