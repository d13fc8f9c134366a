using System.Text;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Tests.Credentials;

/// <summary>Parts of a case's facts that are easier to read as text: what Secrets hold.</summary>
internal static class CredentialFixture
{
    /// <summary>The master Secret; null when there is none.</summary>
    public static MasterKey Master(IReadOnlyDictionary<string, string>? data, LLMProvider? provider) => data is null ? new() : new()
    {
        SecretExists = true,
        Keys = [.. data.Keys.Order(StringComparer.Ordinal)],
        Value = data.TryGetValue(provider?.Spec.Auth.ApiKey?.SecretRef?.Key ?? "", out var text) ? SecretValue.FromText(text) : null,
    };

    /// <summary>No key of the fixture may be readable in what a decision says.</summary>
    public static void NeverShows(string golden, params IEnumerable<IReadOnlyDictionary<string, string>?> secrets)
    {
        foreach (var key in secrets.Where(s => s is not null).SelectMany(s => s!).Where(d => d.Key is not (CredentialNames.ProviderKey or CredentialNames.BaseUrlKey)).Select(d => d.Value.TrimEnd('\n')).Where(v => v.Length > 0))
        {
            Assert.DoesNotContain(key, golden, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(key)), golden, StringComparison.Ordinal);
        }
    }
}

/// <summary>A Secret in a case's facts, with its values as text.</summary>
internal sealed record SecretFixture
{
    public ObjectMeta Metadata { get; init; } = new();
    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
    public bool Immutable { get; init; }
    public bool IsUnconfirmed { get; init; }

    /// <summary>As the gatherer answers: digests, and none for a Secret that no access of this name ever owned.</summary>
    public ObservedSecret Observed(LLMAccess access) => new()
    {
        Metadata = Metadata,
        Digests = CredentialSecret.IsOwnedBy(Metadata, access.Metadata) || CredentialSecret.IsOfNamesake(Metadata, access.Metadata) ? Data.ToDictionary(d => d.Key, d => SecretValue.FromText(d.Value).Digest, StringComparer.Ordinal) : null,
        Immutable = Immutable,
        IsUnconfirmed = IsUnconfirmed,
    };
}
