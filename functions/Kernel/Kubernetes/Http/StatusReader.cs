using System.Net;
using System.Text.Json;
using k8s.Models;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Reads <c>metav1.Status</c>, the body of every refusal, into a <see cref="KubernetesException"/>.</summary>
internal static class StatusReader
{
    private const int EnoughText = 300;

    /// <summary>Pure: what was asked, the HTTP status, the body and what Retry-After said.</summary>
    public static KubernetesException Read(string asked, HttpStatusCode http, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        var said = Parse(body);
        var status = said?.Code is { } code and >= 400 and < 600 ? (HttpStatusCode)code : http;
        var message = string.IsNullOrEmpty(said?.Message) ? "no explanation was given" : said.Message;
        var wait = retryAfter ?? (said?.Details?.RetryAfterSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null);
        return new KubernetesException(
            status, said?.Reason, $"{asked}: {(int)status} {said?.Reason ?? status.ToString()}: {Short(message)}", wait)
        {
            Continue = said?.Metadata?.ContinueProperty is { Length: > 0 } token ? token : null,
        };
    }

    private static V1Status? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, LibraryJson.Of<V1Status>());
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            // A proxy's HTML or half an answer: the HTTP status says enough.
            return null;
        }
    }

    private static string Short(string text) => text.Length <= EnoughText ? text : $"{text.AsSpan(0, EnoughText)}…";
}
