using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentWarden.Kernel.Secrets;

/// <summary>
/// A secret's bytes. Printed, logged or serialised it shows its length and a short digest, never the value;
/// only <see cref="Reveal"/> gives the bytes: for a request's body, and for the checks and digests of a credential.
/// </summary>
[JsonConverter(typeof(SecretValueConverter))]
internal sealed class SecretValue(byte[] bytes) : IEquatable<SecretValue>
{
    private readonly byte[] _bytes = bytes;
    private string? _digest;

    public static SecretValue FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    public int Length => _bytes.Length;

    /// <summary>The first 16 hex digits of SHA-256: enough to tell two values apart, useless to recover one.</summary>
    public string Digest => _digest ??= Convert.ToHexStringLower(SHA256.HashData(_bytes).AsSpan(0, 8));

    /// <summary>The bytes themselves. Do not log, compare in messages or keep them.</summary>
    public ReadOnlySpan<byte> Reveal() => _bytes;

    public bool Equals(SecretValue? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public override bool Equals(object? obj) => Equals(obj as SecretValue);

    public override int GetHashCode() => Digest.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"secret({Length} bytes, sha256 {Digest})";
}

/// <summary>Reads base64 as the API server writes it; writes only the digest.</summary>
internal sealed class SecretValueConverter : JsonConverter<SecretValue>
{
    /// <summary>A key without a value (<c>null</c>, from a Go client's nil slice) is an empty value.</summary>
    public override bool HandleNull => true;

    public override SecretValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.TokenType == JsonTokenType.Null ? [] : reader.GetBytesFromBase64());

    public override void Write(Utf8JsonWriter writer, SecretValue? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value?.ToString());
}
