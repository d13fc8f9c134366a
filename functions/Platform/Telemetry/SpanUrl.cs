using System.Diagnostics;

namespace AgentWarden.Platform.Telemetry;

/// <summary>The URL of a request of ours as a span shows it.</summary>
internal static class SpanUrl
{
    /// <summary>
    /// The instrumentation blanks the values of a query, unless a setting of its own says otherwise.
    /// A shared access signature is one, so here there is no query at all, and no user.
    /// </summary>
    public static void WithoutQuery(Activity span, HttpRequestMessage request)
    {
        if (request.RequestUri is { IsAbsoluteUri: true } uri)
        {
            span.SetTag("url.full", uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped));
        }
    }
}
