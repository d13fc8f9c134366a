namespace AgentWarden.Platform.CloudEvents;

/// <summary>Content types, compared without their parameters.</summary>
internal static class MediaTypes
{
    public const string Structured = "application/cloudevents+json";
    public const string Batch = "application/cloudevents-batch+json";
    public const string Json = "application/json";

    public static bool Is(string? contentType, string expected) => Bare(contentType).Equals(expected, StringComparison.OrdinalIgnoreCase);

    public static bool IsJson(string? contentType)
    {
        var bare = Bare(contentType);
        return bare.Equals(Json, StringComparison.OrdinalIgnoreCase) || bare.Equals("text/json", StringComparison.OrdinalIgnoreCase) || bare.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>True for every format of a structured or batched CloudEvent, also those that are not read here (XML, Avro, Protobuf).</summary>
    public static bool IsCloudEvents(string? contentType) => Bare(contentType).StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Bare(string? contentType)
    {
        var span = contentType.AsSpan();
        var end = span.IndexOf(';');
        return (end < 0 ? span : span[..end]).Trim();
    }
}
