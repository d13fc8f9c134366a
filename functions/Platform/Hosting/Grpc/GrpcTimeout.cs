using System.Globalization;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit (PROTOCOL-HTTP2.md, "Timeout").</summary>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;

    /// <summary>The longest that a timer of the runtime can wait: 49 days. Nobody waits longer on the other side either.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Null for no limit.</summary>
    /// <exception cref="GrpcException">INTERNAL: it is malformed.</exception>
    public static TimeSpan? Parse(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return null;
        }

        var digits = header.AsSpan(0, header.Length - 1);
        if (digits.Length is 0 or > MaxDigits || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) || TicksOf(header[^1]) is not { } unit)
        {
            throw new GrpcException(GrpcStatus.Internal, "The header grpc-timeout is malformed: it is one to eight digits and one of H, M, S, m, u, n.");
        }

        // Rounded up: a limit of some nanoseconds is short, but it is not over before it began.
        var ticks = Math.Ceiling(amount * unit);
        return ticks > Longest.Ticks ? null : TimeSpan.FromTicks((long)ticks);
    }

    private static decimal? TicksOf(char unit) => unit switch
    {
        'H' => TimeSpan.TicksPerHour,
        'M' => TimeSpan.TicksPerMinute,
        'S' => TimeSpan.TicksPerSecond,
        'm' => TimeSpan.TicksPerMillisecond,
        'u' => TimeSpan.TicksPerMicrosecond,
        'n' => 1m / TimeSpan.NanosecondsPerTick,
        _ => null,
    };
}
