using AgentWarden.Kernel.Admission;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>Which reviews are about the creation of a pod. All others are answered without looking at anything.</summary>
internal static class CredentialInjectionScope
{
    /// <summary>The answer to a review that is not about the creation of a pod; null when it is.</summary>
    public static AdmissionResult? Outside(AdmissionReview review) => review switch
    {
        _ when !review.IsKind("", "Pod") => new AdmissionResult.Allowed { Warnings = [CredentialInjectionReasons.UnknownKind(review.Kind)] },
        { Operation: AdmissionOperation.Unknown } => new AdmissionResult.Allowed { Warnings = [CredentialInjectionReasons.UnknownOperation] },
        // The variables and volumes of a pod cannot change once it exists.
        { Operation: not AdmissionOperation.Create } or { SubResource: not "" } => AdmissionResult.Untouched,
        { Object.IsEmpty: true } => CredentialInjectionReasons.NotAPod(),
        { Namespace: null } => CredentialInjectionReasons.NoNamespace(),
        _ => null,
    };
}
