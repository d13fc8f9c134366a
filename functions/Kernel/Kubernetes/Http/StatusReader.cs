using System.Net;
using System.Text.Json;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Reads <c>metav1.Status</c>, the body of every refusal, into a <see cref="KubernetesException"/>.</summary>
internal static class StatusReader
{
    private const int EnoughText = 300;

    /// <summary>Pure: what was asked, the HTTP status, the body and what Retry-After said.</summary>
    public static KubernetesException Read(string asked, HttpStatusCode status, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        string? reason = null, message = null, next = null;
        try
        {
            var reader = new Utf8JsonReader(body);
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (reader.ValueTextEquals("reason"u8)) { reader.Read(); reason = Text(ref reader); }
                    else if (reader.ValueTextEquals("message"u8)) { reader.Read(); message = Text(ref reader); }
                    else if (reader.ValueTextEquals("code"u8)) { reader.Read(); status = Code(ref reader, status); }
                    else if (reader.ValueTextEquals("details"u8)) { reader.Read(); retryAfter ??= RetryAfterSeconds(ref reader); }
                    else if (reader.ValueTextEquals("metadata"u8)) { reader.Read(); next = Continue(ref reader); }
                    else { reader.Skip(); }
                }
            }
        }
        catch (JsonException)
        {
            // A proxy's HTML or half an answer: the HTTP status says enough.
        }

        message = string.IsNullOrEmpty(message) ? "no explanation was given" : message;
        return new KubernetesException(status, reason, $"{asked}: {(int)status} {reason ?? status.ToString()}: {Short(message)}", retryAfter) { Continue = next };
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    private static HttpStatusCode Code(ref Utf8JsonReader reader, HttpStatusCode otherwise)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var code) && code is >= 400 and < 600)
        {
            return (HttpStatusCode)code;
        }

        reader.Skip();
        return otherwise;
    }

    private static TimeSpan? RetryAfterSeconds(ref Utf8JsonReader reader)
    {
        TimeSpan? found = null;
        while (reader.TokenType == JsonTokenType.StartObject || reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var wanted = reader.ValueTextEquals("retryAfterSeconds"u8);
                reader.Read();
                if (wanted && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var seconds) && seconds > 0)
                {
                    found = TimeSpan.FromSeconds(seconds);
                }

                reader.Skip();
            }

            reader.Read();
        }

        return found;
    }

    private static string? Continue(ref Utf8JsonReader reader)
    {
        string? found = null;
        while (reader.TokenType == JsonTokenType.StartObject || reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var wanted = reader.ValueTextEquals("continue"u8);
                reader.Read();
                if (wanted)
                {
                    found = Text(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }

            reader.Read();
        }

        return string.IsNullOrEmpty(found) ? null : found;
    }

    private static string Short(string text) => text.Length <= EnoughText ? text : $"{text.AsSpan(0, EnoughText)}…";
}
