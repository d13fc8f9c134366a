using System.Net.Mime;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Content types, compared without their parameters.</summary>
internal static class MediaTypes
{
    public const string Structured = "application/cloudevents+json";
    public const string Batch = "application/cloudevents-batch+json";
    public const string Json = "application/json";

    public static bool Is(string? contentType, string expected) => Bare(contentType).Equals(expected, StringComparison.OrdinalIgnoreCase);

    /// <summary>No content type means JSON, as in the specification.</summary>
    public static bool IsJson(string? contentType)
    {
        var bare = Bare(contentType);
        return contentType is null || bare.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || bare.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    public static bool IsText(string? contentType) =>
        Bare(contentType).StartsWith("text/", StringComparison.OrdinalIgnoreCase) && !IsJson(contentType);

    /// <summary>True for every format of a structured or batched CloudEvent, also those that are not read here (XML, Avro, Protobuf).</summary>
    public static bool IsCloudEvents(string? contentType) => Bare(contentType).StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase);

    /// <summary>The parameter <c>charset</c>; null without it.</summary>
    /// <exception cref="CloudEventException">The content type is malformed.</exception>
    public static string? Charset(string? contentType) =>
        contentType is not null && contentType.Contains(';', StringComparison.Ordinal) ? Parsed(contentType).CharSet : null;

    /// <exception cref="CloudEventException">The content type is malformed.</exception>
    public static ContentType Parsed(string contentType)
    {
        try
        {
            return new(contentType);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new CloudEventException("The content type is malformed.", e) { IsMediaType = true };
        }
    }

    private static ReadOnlySpan<char> Bare(string? contentType)
    {
        var span = contentType.AsSpan();
        var end = span.IndexOf(';');
        return (end < 0 ? span : span[..end]).Trim();
    }
}
