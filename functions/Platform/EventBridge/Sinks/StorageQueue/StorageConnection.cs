using System.Diagnostics.CodeAnalysis;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>Where a storage account's queues are and how to be let in: with a key, a shared access signature or, with neither, an Entra identity.</summary>
/// <remarks>A class and not a record: a record would print its secrets.</remarks>
internal sealed class StorageConnection(Uri queues)
{
    /// <summary>The service's address.</summary>
    public Uri Queues => queues;

    public SharedKey? Key { get; init; }
    public string? Signature { get; init; }

    /// <summary>The client id that the connection names for its identity.</summary>
    public string? ClientId { get; init; }

    public bool UsesIdentity => Key is null && Signature is null;
}

/// <summary>Reads a storage connection string, as Azure writes it and the Functions host reads it.</summary>
internal static class StorageConnectionString
{
    /// <summary>The emulator's account. Its key is published, the same everywhere, and protects nothing.</summary>
    public const string EmulatorAccount = "devstoreaccount1", EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private const int EmulatorQueuePort = 10001;

    /// <summary>The connection, or what is wrong with the text. The problem never quotes a value.</summary>
    public static (StorageConnection? Connection, string? Problem) Parse(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                return (null, "is no connection string: each part must read NAME=VALUE, parts are separated by semicolons");
            }

            parts[part[..equals].Trim()] = part[(equals + 1)..].Trim();
        }

        return string.Equals(parts.GetValueOrDefault("UseDevelopmentStorage"), "true", StringComparison.OrdinalIgnoreCase) ? (Emulator(parts.GetValueOrDefault("DevelopmentStorageProxyUri")), null) : Of(parts);
    }

    private static StorageConnection Emulator(string? host)
    {
        var at = Uri.TryCreate(host, UriKind.Absolute, out var proxy) ? proxy.Host : "127.0.0.1";
        return new(new Uri($"http://{at}:{EmulatorQueuePort}/{EmulatorAccount}")) { Key = new(EmulatorAccount, Convert.FromBase64String(EmulatorKey)) };
    }

    private static (StorageConnection? Connection, string? Problem) Of(Dictionary<string, string> parts)
    {
        var account = parts.GetValueOrDefault("AccountName");
        if (Address(parts, account) is not { } queues)
        {
            return (null, "names no queue service: it needs AccountName, or a QueueEndpoint that begins with http:// or https://");
        }

        if (parts.GetValueOrDefault("SharedAccessSignature") is { Length: > 0 } signature)
        {
            return (new(queues) { Signature = signature.TrimStart('?') }, null);
        }

        return account is null || !parts.TryGetValue("AccountKey", out var text) ? (null, "holds neither AccountName with AccountKey nor a SharedAccessSignature")
            : TryKey(text, out var key) ? (new(queues) { Key = new(account, key) }, null)
            : (null, "holds an AccountKey that is not base64; copy the key again");
    }

    private static Uri? Address(Dictionary<string, string> parts, string? account)
    {
        if (parts.GetValueOrDefault("QueueEndpoint") is { Length: > 0 } endpoint)
        {
            return Uri.TryCreate(endpoint, UriKind.Absolute, out var given) && given.Scheme is "http" or "https" ? given : null;
        }

        var scheme = parts.GetValueOrDefault("DefaultEndpointsProtocol", "https");
        var suffix = parts.GetValueOrDefault("EndpointSuffix", "core.windows.net");
        return account is not null && Uri.TryCreate($"{scheme}://{account}.queue.{suffix}", UriKind.Absolute, out var made) && made.Scheme is "http" or "https" ? made : null;
    }

    private static bool TryKey(string text, [NotNullWhen(true)] out byte[]? key)
    {
        var bytes = new byte[text.Length];
        var valid = Convert.TryFromBase64String(text, bytes, out var length) && length > 0;
        key = valid ? bytes[..length] : null;
        return valid;
    }
}
