using System.Net;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>Reasons of findings, and the sentences around them. What is wrong with a field is said beside its rule.</summary>
internal static class ResourceValidationReasons
{
    public const string FieldMissing = "FieldMissing", FieldInvalid = "FieldInvalid", AlreadyClaimed = "AlreadyClaimed";
    public const string UnknownOperation = "ResourceValidation does not know this operation and allowed it.";
    private const int Named = 3;

    public static string UnknownKind(AdmissionType kind) =>
        $"ResourceValidation judges LLMProvider and LLMAccess and allowed this {kind}: correct the webhook's rules.";

    public static AdmissionResult.Errored NoObject(string field) => new(400, $"request.{field} is missing.");

    public static AdmissionResult.Errored NoNamespace() => new(400, "request.namespace is missing: an LLMAccess is namespaced.");

    /// <summary>An answer without having looked would let anything pass, or nothing; failurePolicy says which of the two the administrator wants.</summary>
    public static AdmissionResult.Errored Unreachable(HttpStatusCode status) =>
        new(500, $"The Kubernetes API could not be read ({(status == default ? "no answer" : $"HTTP {(int)status}")}), so this cannot be judged. Try again; the webhook's failurePolicy decides until then.");

    public static AdmissionResult.Denied Unreadable(AdmissionType kind, string? path) =>
        AdmissionResult.Denied.Invalid($"This {kind} cannot be read at {path ?? "$"}: compare its type there with the CustomResourceDefinition (kubectl explain {kind.Name.ToLowerInvariant()}).");

    /// <summary>All faults at once: nobody should have to apply five times to learn five things.</summary>
    public static string Refusal(string subject, IReadOnlyList<Finding> faults) => faults.Count == 1
        ? $"{subject}: {faults[0].Message}"
        : $"{subject} has {faults.Count} faults: {string.Join(' ', faults.Select((f, i) => $"({i + 1}) {f.Message}"))}";

    public static string ProviderNotFound(string name) =>
        $"LLMProvider {name} does not exist (yet): the credential is issued when it is created. kubectl get llmproviders lists them.";

    public static string RotationOff(LLMProvider provider) =>
        $"spec.rotation.interval has no effect: LLMProvider {provider.Metadata.Name} rotates no key (spec.auth.apiKey.rotation.enabled is not true).";

    public static string NoBaseUrl(LLMProvider provider) =>
        $"secretKey {CredentialNames.BaseUrlKey} is not in the Secret until LLMProvider {provider.Metadata.Name} sets spec.endpoint.baseURL; pods wait for it.";

    public static string NoSelector() =>
        "spec.injection has no effect without spec.workloadSelector: absent it selects no pod, {} selects all of the namespace.";

    public static string VariableShared(string variable, string neighbour, string winner) =>
        $"LLMAccess {neighbour} sets {variable} as well and may select the same pods; there {winner} wins, being first by name.";

    public static string Deleted(LLMProvider provider, IReadOnlyList<LLMAccess> users) =>
        $"{users.Count} {(users.Count == 1 ? "credential" : "credentials")} of LLMProvider {provider.Metadata.Name} will be revoked: {Join(users)}.";

    public static string LosesModels(IReadOnlyList<LLMAccess> users) =>
        $"spec.allowedModels takes away models that these LLMAccesses ask for, their credentials will be revoked: {Join(users)}.";

    public static string LosesNamespaces(IReadOnlyList<LLMAccess> users) =>
        $"spec.namespaceSelector takes away the namespaces of these LLMAccesses, their credentials will be revoked: {Join(users)}.";

    private static string Join(IReadOnlyList<LLMAccess> accesses)
    {
        var names = string.Join(", ", accesses.Take(Named).Select(a => $"{a.Metadata.Namespace}/{a.Metadata.Name}"));
        return accesses.Count <= Named ? names : $"{names} and {accesses.Count - Named} more";
    }
}
