using System.Net;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Whether a failed attempt may be made again, and when. Pure but for the jitter it is given.</summary>
internal static class RetryDecider
{
    /// <summary>
    /// 429: the server refused before it did anything, so any call may be repeated. Other trouble (503, 502, 504, a connection that
    /// died) may have come after the work was done: only a call that can be repeated without harm is, unless no connection was made.
    /// </summary>
    public static bool MayRepeat(HttpStatusCode status, bool idempotent, bool neverSent) => status switch
    {
        HttpStatusCode.TooManyRequests => true,
        default(HttpStatusCode) => idempotent || neverSent,
        HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => idempotent,
        _ => false,
    };

    /// <summary>
    /// Exponential from <paramref name="first"/>, at least what the server asked for, at most <paramref name="longest"/>; jitter (0–1)
    /// spreads callers.
    /// </summary>
    public static TimeSpan Delay(int attempt, TimeSpan first, TimeSpan longest, TimeSpan? retryAfter, double jitter)
    {
        var exponential = first * Math.Pow(2, Math.Min(attempt, 16)) * (0.5 + (jitter / 2));
        var asked = retryAfter is { } after ? after * (1 + (jitter / 10)) : TimeSpan.Zero;
        var wait = asked > exponential ? asked : exponential;
        return wait > longest ? longest : wait;
    }
}
