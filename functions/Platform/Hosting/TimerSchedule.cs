using System.Globalization;
using NCrontab;

namespace AgentWarden.Platform.Hosting;

/// <summary>When a timer fires: 6-field NCRONTAB with seconds, or a TimeSpan such as <c>00:05:00</c>. Pure: it is told the time and the zone.</summary>
internal sealed class TimerSchedule
{
    private readonly CrontabSchedule? _cron;
    private readonly TimeSpan _interval;

    private TimerSchedule(CrontabSchedule? cron, TimeSpan interval)
    {
        _cron = cron;
        _interval = interval;
    }

    /// <param name="function">For messages.</param>
    /// <param name="text">The schedule, or <c>%SETTING%</c> that holds it.</param>
    /// <param name="settings">Where settings are found.</param>
    public static TimerSchedule Parse(string function, string text, Func<string, string?> settings)
    {
        var schedule = text;
        if (text.Length > 2 && text[0] == '%' && text[^1] == '%')
        {
            schedule = settings(text[1..^1]) ?? throw new HostingException($"{function}: the schedule {text} names a setting that is not set.");
        }

        // As in the Functions host: a cron expression first, then a TimeSpan.
        var options = new CrontabSchedule.ParseOptions { IncludingSeconds = true };
        if (CrontabSchedule.TryParse(schedule, options) is { } cron)
        {
            return new TimerSchedule(cron, default);
        }

        return TimeSpan.TryParse(schedule, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero
            ? new TimerSchedule(null, interval)
            : throw new HostingException($"{function}: \"{schedule}\" is no schedule. Write six fields with seconds first (\"0 */5 * * * *\") or a time span (\"00:05:00\").");
    }

    /// <summary>The first time after <paramref name="after"/>; null when there is none (30 February).</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        if (_cron is null)
        {
            return after + _interval;
        }

        var local = TimeZoneInfo.ConvertTime(after, zone).DateTime;
        while (true)
        {
            var end = DateTime.MaxValue;
            local = _cron.GetNextOccurrence(local, end);
            if (local == end)
            {
                return null;
            }

            // In the hour that a change to summer time skips, the time that the clock shows instead; in the hour that comes twice, the first.
            var valid = zone.IsInvalidTime(local) ? local + TimeSpan.FromHours(1) : local;
            var next = new DateTimeOffset(valid, zone.IsAmbiguousTime(valid) ? zone.GetAmbiguousTimeOffsets(valid).Max() : zone.GetUtcOffset(valid)).ToUniversalTime();
            if (next > after)
            {
                return next;
            }
        }
    }
}
