namespace AgentWarden.Platform.CloudEvents;

/// <summary>Names that come from outside go into the path of an API request: only those that Kubernetes itself would allow may pass.</summary>
internal static class ObjectNames
{
    /// <summary>What the API server demands of every name: a path segment, at most 253 long.</summary>
    public static bool IsPathSegment(string name) =>
        name.Length is > 0 and <= 253 && name is not "." and not ".." && !name.AsSpan().ContainsAny('/', '%') && name.All(c => c is > ' ' and < (char)127);

    /// <summary>RFC 1123 label, as every namespace is.</summary>
    public static bool IsDnsLabel(string name) =>
        name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && name[0] != '-' && name[^1] != '-';
}
