using System.Net;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>A failure that the API server reported, by status code and <c>Status.reason</c>; never classified by message text.</summary>
internal sealed class KubernetesException : Exception
{
    private const HttpStatusCode NoAnswer = default;

    public KubernetesException()
    {
    }

    public KubernetesException(string message) : base(message)
    {
    }

    public KubernetesException(string message, Exception inner) : base(message, inner)
    {
    }

    public KubernetesException(HttpStatusCode status, string? reason, string message, TimeSpan? retryAfter = null) : base(message)
    {
        StatusCode = status;
        Reason = reason;
        RetryAfter = retryAfter;
    }

    /// <summary>HTTP status; 0 when no answer came (connection refused, reset, timed out).</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary><c>metav1.Status.reason</c>, for example <c>AlreadyExists</c>.</summary>
    public string? Reason { get; }

    /// <summary>What the server asked for in <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Where a list may go on after its own continue token expired (410): the rest, at a newer version.</summary>
    public string? Continue { get; init; }

    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;
    public bool IsConflict => StatusCode == HttpStatusCode.Conflict && !IsAlreadyExists;
    public bool IsAlreadyExists =>
        StatusCode == HttpStatusCode.Conflict && string.Equals(Reason, "AlreadyExists", StringComparison.Ordinal);
    public bool IsForbidden => StatusCode == HttpStatusCode.Forbidden;
    public bool IsGone => StatusCode == HttpStatusCode.Gone;
    public bool IsInvalid => StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest;

    /// <summary>Worth the same call again later: no answer, too many requests, or the server's own fault.</summary>
    public bool IsTransient =>
        StatusCode is NoAnswer or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)StatusCode >= 500;
}
