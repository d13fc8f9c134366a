namespace AgentWarden.Kernel.Admission;

/// <summary>Keeps warnings within what a Warning header carries: the API server cuts items over 256 characters and drops what goes beyond 4096 in all.</summary>
internal static class AdmissionWarnings
{
    public const int LongestItem = 256, LongestTotal = 4096;
    private const int RoomForTheRest = 40;

    public static IReadOnlyList<string> Bound(IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
        {
            return warnings;
        }

        var kept = new List<string>(warnings.Count);
        var total = 0;
        foreach (var warning in warnings)
        {
            var item = Shorten(Printable(warning), LongestItem);
            if (total + item.Length > LongestTotal - RoomForTheRest)
            {
                kept.Add($"{warnings.Count - kept.Count} more warnings are not shown.");
                break;
            }

            total += item.Length;
            kept.Add(item);
        }

        return kept;
    }

    public static string Shorten(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        // Never half of a surrogate pair: it would be no text.
        var end = char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1;
        return $"{text.AsSpan(0, end)}…";
    }

    /// <summary>The API server drops a warning that holds a control character.</summary>
    private static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        }) : text;
}
