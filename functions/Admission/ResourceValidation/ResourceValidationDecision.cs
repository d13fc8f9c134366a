using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>Refuses what cannot work or is not permitted; warns of what works but takes something away, or will not do what it seems to.</summary>
internal static class ResourceValidationDecision
{
    public static AdmissionResult Decide(ResourceValidationFacts facts) => facts switch
    {
        ProviderFacts { Provider: { } provider } changed => Judge($"LLMProvider {provider.Metadata.Name}", ProviderChecks.Faults(provider), ProviderChecks.Revocations(changed)),
        ProviderFacts deleted => Judge("", [], ProviderChecks.Deletion(deleted)),
        AccessFacts access => Judge($"LLMAccess {access.Namespace}/{access.Access.Metadata.Name}", AccessChecks.Faults(access), AccessChecks.Warnings(access)),
        _ => AdmissionResult.Untouched,
    };

    private static AdmissionResult Judge(string subject, IEnumerable<Finding> faults, IEnumerable<string> warnings)
    {
        var found = faults.ToArray();
        if (found.Length == 0)
        {
            return warnings.ToArray() is { Length: > 0 } said ? new AdmissionResult.Allowed { Warnings = said } : AdmissionResult.Untouched;
        }

        var message = ResourceValidationReasons.Refusal(subject, found);
        return found.Any(f => f.Reason is AccessPolicy.NamespaceNotAllowed or AccessPolicy.ModelsNotAllowed)
            ? AdmissionResult.Denied.Forbidden(message)
            : AdmissionResult.Denied.Invalid(message);
    }
}
