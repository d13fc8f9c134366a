namespace AgentWarden.Kernel.Admission;

/// <summary>The formats that Kubernetes asks of names, labels and variables; without regular expressions, which would cost their compilation at start.</summary>
internal static class FieldFormats
{
    public const string DnsSubdomain = "at most 253 lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit";
    public const string LabelKey = "a name of at most 63 letters, digits, '-', '_' and '.', optionally after a DNS prefix and '/'";
    public const string LabelValue = "empty, or at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit";
    public const string VariableName = "letters, digits, '_', '-' and '.', not beginning with a digit";

    public static bool IsDnsSubdomain(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 253)
        {
            return false;
        }

        foreach (var range in text.Split('.'))
        {
            var label = text[range];
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(DnsCharacters))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsLabelKey(ReadOnlySpan<char> text)
    {
        var slash = text.IndexOf('/');
        return slash < 0 ? IsQualified(text) : IsDnsSubdomain(text[..slash]) && IsQualified(text[(slash + 1)..]);
    }

    public static bool IsLabelValue(ReadOnlySpan<char> text) => text.IsEmpty || IsQualified(text);

    /// <summary>The names that every Kubernetes version accepts; later ones accept more.</summary>
    public static bool IsVariableName(ReadOnlySpan<char> text) =>
        !text.IsEmpty && !char.IsAsciiDigit(text[0]) && text is not ("." or "..") && !text.StartsWith("..") && !text.ContainsAnyExcept(QualifiedCharacters);

    private static bool IsQualified(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && !text.ContainsAnyExcept(QualifiedCharacters);

    private static readonly System.Buffers.SearchValues<char> DnsCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly System.Buffers.SearchValues<char> QualifiedCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
}
