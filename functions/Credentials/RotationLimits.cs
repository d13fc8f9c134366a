using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials;

/// <summary>How often a credential may and must be rotated: the provider says at least how often, an access may ask for more.</summary>
internal static class RotationLimits
{
    public const string IntervalInvalid = "IntervalInvalid", IntervalTooLong = "IntervalTooLong";
    public const string Allowed = "write 1 to 365 followed by d, h or m (for example 30d), at most 365d";

    /// <summary>The provider's interval; null when it rotates nothing.</summary>
    public static TimeSpan? OfProvider(LLMProvider provider) =>
        provider.Spec.Auth is { Type: ProviderAuth.TypeApiKey, ApiKey.Rotation: { Enabled: true } rotation }
            ? RotationInterval.Parse(rotation.Interval) ?? RotationInterval.Default
            : null;

    /// <summary>The interval is no interval, or is out of range.</summary>
    public static Finding? CheckForm(string field, string? interval) => interval is not null && RotationInterval.Parse(interval) is null
        ? new(IntervalInvalid, $"{field}: \"{interval}\" is not an interval: {RotationLimits.Allowed}.")
        : null;

    /// <summary>The access asks for fewer rotations than the provider demands.</summary>
    public static Finding? CheckAgainstProvider(LLMProvider provider, LLMAccess access) =>
        OfProvider(provider) is { } most && RotationInterval.Parse(access.Spec.Rotation?.Interval) is { } asked && asked > most
            ? new(IntervalTooLong, $"spec.rotation.interval: {access.Spec.Rotation!.Interval} is longer than the {provider.Spec.Auth.ApiKey!.Rotation!.Interval ?? "30d"} of LLMProvider {provider.Metadata.Name}: ask for that or less, or leave it out.")
            : null;
}
