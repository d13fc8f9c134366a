using System.Text;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Credentials;

/// <summary>What the Secret named by <c>LLMProvider.spec.auth.apiKey.secretRef</c> holds, as far as it was found.</summary>
internal sealed record MasterKey
{
    public const string SecretNotFound = "MasterSecretNotFound", KeyNotFound = "MasterKeyNotFound", KeyEmpty = "MasterKeyEmpty", KeyNotText = "MasterKeyNotText";

    /// <summary>False when the Secret does not exist.</summary>
    public bool SecretExists { get; init; }

    /// <summary>The keys that the Secret has, for the message that says which one is missing.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The value under the key, or null when the key is not there.</summary>
    public SecretValue? Value { get; init; }

    /// <summary>The credential as it is handed out: without the line end that <c>echo</c> leaves, which no HTTP header can hold.</summary>
    public SecretValue? Credential => Value is null ? null : Trimmed(Value);

    /// <summary>What keeps this key from being handed out, or null.</summary>
    public Finding? Check(LLMProvider provider)
    {
        if (provider.Spec.Auth.ApiKey?.SecretRef is not { } reference)
        {
            return null;
        }

        var secret = $"Secret {reference.Namespace}/{reference.Name}";
        var origin = $"named by spec.auth.apiKey.secretRef of LLMProvider {provider.Metadata.Name}";
        if (!SecretExists)
        {
            return new(SecretNotFound, $"{secret}, {origin}, does not exist. Create it: kubectl create secret generic {reference.Name} -n {reference.Namespace} --from-literal={reference.Key}=<the key>.");
        }

        if (Value is null)
        {
            return new(KeyNotFound, $"{secret}, {origin}, has no key \"{reference.Key}\"; it has {(Keys.Count == 0 ? "no keys" : string.Join(", ", Keys.Select(k => $"\"{k}\"")))}. Add the key, or name another in secretRef.key.");
        }

        if (Credential!.Length == 0)
        {
            return new(KeyEmpty, $"{secret}, {origin}, has an empty \"{reference.Key}\". Put the provider's API key there.");
        }

        return IsText(Credential.Reveal()) ? null : new(KeyNotText, $"{secret}, {origin}, holds bytes under \"{reference.Key}\" that are no printable text, so no variable or HTTP header can carry them. Was the key encoded twice, or is it a file of another kind?");
    }

    private static SecretValue Trimmed(SecretValue value)
    {
        var bytes = value.Reveal();
        var end = bytes.Length;
        while (end > 0 && bytes[end - 1] is (byte)'\n' or (byte)'\r')
        {
            end--;
        }

        return end == bytes.Length ? value : new(bytes[..end].ToArray());
    }

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune))
            {
                return false;
            }

            bytes = bytes[used..];
        }

        return true;
    }
}
