using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials;

/// <summary>When an access's credential is due for rotation, worked out from the provider's and the access's <c>rotation</c> and from when it was last rotated.</summary>
/// <param name="Enabled">Rotation is on.</param>
/// <param name="Strategy">providerAPI or recreateSecret.</param>
/// <param name="Interval">The shorter of the provider's and the access's interval.</param>
/// <param name="Problem">What is wrong with the settings, or null. Rotation goes on by what is right.</param>
internal sealed record RotationSchedule(bool Enabled, string Strategy, TimeSpan Interval, Finding? Problem)
{
    public const string IntervalInvalid = "RotationIntervalInvalid", IntervalTooLong = "RotationIntervalTooLong";

    /// <summary>How far the clock that stamped a Secret may be ahead of ours before its stamp is not believed.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>The stamp is from the future: the clock that made it was wrong, or was set back since.</summary>
    public static bool IsFromTheFuture(DateTimeOffset stamp, DateTimeOffset now) => stamp > now + ClockSkew;

    public static RotationSchedule Of(LLMProvider provider, LLMAccess access)
    {
        if (provider.Spec.Auth.ApiKey?.Rotation is not { Enabled: true } rotation)
        {
            return new(Enabled: false, ProviderRotation.ProviderApi, RotationInterval.Default, Problem: null);
        }

        Finding? problem = null;
        var interval = RotationInterval.Default;
        if (rotation.Interval is { } text)
        {
            if (RotationInterval.Parse(text) is { } parsed)
            {
                interval = parsed;
            }
            else
            {
                problem = new(IntervalInvalid, $"LLMProvider {provider.Metadata.Name} has spec.auth.apiKey.rotation.interval \"{text}\"; use 1 to 365 and d, h or m, for example 30d. Until then {Describe(interval)} is used.");
            }
        }

        if (access.Spec.Rotation?.Interval is { } own)
        {
            if (RotationInterval.Parse(own) is not { } wanted)
            {
                problem = new(IntervalInvalid, $"spec.rotation.interval \"{own}\" is not valid; use 1 to 365 and d, h or m, for example 7d. Until then {Describe(interval)} is used.");
            }
            else if (wanted > interval)
            {
                problem = new(IntervalTooLong, $"spec.rotation.interval {own} is longer than the {Describe(interval)} of LLMProvider {provider.Metadata.Name}, which is used. Ask for {Describe(interval)} or less.");
            }
            else
            {
                interval = wanted;
            }
        }

        return new(Enabled: true, rotation.Strategy ?? ProviderRotation.ProviderApi, interval, problem);
    }

    /// <summary>When the next rotation is due, or null when rotation is off. A stamp from the future (a clock that was set back) counts from now.</summary>
    public DateTimeOffset? Next(DateTimeOffset lastRotation, DateTimeOffset now) =>
        !Enabled ? null : Conditions.Truncate((IsFromTheFuture(lastRotation, now) ? now : lastRotation) + Interval);

    public static string Describe(TimeSpan interval) => interval switch
    {
        { TotalDays: >= 1 } when interval.Ticks % TimeSpan.TicksPerDay == 0 => $"{interval.TotalDays}d",
        { TotalHours: >= 1 } when interval.Ticks % TimeSpan.TicksPerHour == 0 => $"{interval.TotalHours}h",
        _ => $"{interval.TotalMinutes}m",
    };
}
