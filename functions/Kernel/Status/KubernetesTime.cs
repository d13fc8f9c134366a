using System.Globalization;

namespace AgentWarden.Kernel.Status;

/// <summary><c>metav1.Time</c>: RFC 3339, UTC, whole seconds.</summary>
internal static class KubernetesTime
{
    private const string Pattern = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    /// <summary>Null when the text is absent or no RFC 3339 time. Strict: .NET would read "10:00" as that hour of today.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
