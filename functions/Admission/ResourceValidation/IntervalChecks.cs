using AgentWarden.Credentials;
using AgentWarden.Kernel.Planning;
using static AgentWarden.Admission.ResourceValidation.ResourceValidationReasons;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>How often a credential is rotated: the provider says at least how often, an access may ask for more. Provisioning takes the shorter; here the longer is refused.</summary>
internal static class IntervalChecks
{
    private static readonly LLMAccess WithoutOwnInterval = new();

    /// <summary>The provider's interval, as provisioning will use it; null when it rotates nothing.</summary>
    public static TimeSpan? OfProvider(LLMProvider provider) =>
        provider.Spec.Auth.Type == ProviderAuth.TypeApiKey && RotationSchedule.Of(provider, WithoutOwnInterval) is { Enabled: true } schedule ? schedule.Interval : null;

    public static Finding? Form(string field, string? interval) => interval is not null && RotationInterval.Parse(interval) is null
        ? new(FieldInvalid, $"{field}: \"{interval}\" is not an interval: write 1 to 365 followed by d, h or m (for example 30d), at most 365d.")
        : null;

    public static Finding? AgainstProvider(LLMProvider provider, LLMAccess access) =>
        OfProvider(provider) is { } most && RotationInterval.Parse(access.Spec.Rotation?.Interval) is { } asked && asked > most
            ? new(FieldInvalid, $"spec.rotation.interval: {access.Spec.Rotation!.Interval} is longer than the {RotationSchedule.Describe(most)} of LLMProvider {provider.Metadata.Name}: ask for that or less, or leave it out.")
            : null;
}
