using System.Globalization;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;
using Azure.Identity;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>What both Azure sinks say of failures that are not about the event itself.</summary>
internal static partial class AzureFailure
{
    /// <summary>Nobody answered, or there was no token to ask with. Cancellation counts: it is how the SDK's time limit shows.</summary>
    public static bool IsUnreachable(Exception failure) =>
        failure is AuthenticationFailedException or RequestFailedException { Status: 0 } or AggregateException or IOException or OperationCanceledException;

    public static SinkUnavailableException Unreachable(Exception failure, string service, string setting) => new(
        failure is AuthenticationFailedException
            ? $"No token for {service}{Code(failure)}: {EntraIdentity.Advice}"
            : $"{Capital(service)} does not answer. If this goes on, check {setting} and that the network lets this process reach it.", failure);

    /// <summary>Too busy (429), or failing itself (408, 5xx); null for other answers.</summary>
    public static SinkUnavailableException? Busy(Response answer, string service, DateTimeOffset now) => answer.Status is 408 or 429 or >= 500
        ? new SinkUnavailableException($"{Capital(service)} cannot take more now ({answer.Status}).") { RetryAfter = RetryAfter(answer.Headers, now) }
        : null;

    /// <summary><c>Retry-After</c> in seconds or as a date (RFC 9110, 10.2.3).</summary>
    private static TimeSpan? RetryAfter(ResponseHeaders headers, DateTimeOffset now)
    {
        if (!headers.TryGetValue("Retry-After", out var text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at > now ? at - now
            : null;
    }

    private static string Capital(string service) => char.ToUpperInvariant(service[0]) + service[1..];

    /// <summary>Entra's own error code, which is what people search for. The text around it may name tenants and is left out.</summary>
    private static string Code(Exception failure) => EntraCode().Match(failure.Message) is { Success: true } code ? $" ({code.Value})" : "";

    [GeneratedRegex(@"AADSTS\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EntraCode();
}
