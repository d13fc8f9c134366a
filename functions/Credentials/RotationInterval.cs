using System.Globalization;

namespace AgentWarden.Credentials;

/// <summary>The intervals of <c>rotation.interval</c>: a whole number and d, h or m.</summary>
internal static class RotationInterval
{
    /// <summary>Used when rotation is enabled without an interval.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromDays(30);

    public static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>1 to 365 of a unit; null when the text is not of that form or out of range.</summary>
    public static TimeSpan? Parse(string? text)
    {
        if (text is not { Length: >= 2 } || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 365)
        {
            return null;
        }

        return text[^1] switch
        {
            'd' => TimeSpan.FromDays(number),
            'h' => TimeSpan.FromHours(number),
            'm' => TimeSpan.FromMinutes(number),
            _ => null,
        };
    }
}
