using System.Text.Json;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>Which reviews need a judgement. All others are answered without reading anything.</summary>
internal static class ResourceValidationScope
{
    /// <summary>The answer to a review that needs no judgement; null when it needs one. Throws <see cref="JsonException"/> for an object that is none.</summary>
    public static AdmissionResult? Outside(AdmissionReview review)
    {
        var isProvider = review.IsKind(CredentialKinds.Group, CredentialKinds.LLMProvider.Kind);
        return review switch
        {
            _ when !isProvider && !review.IsKind(CredentialKinds.Group, CredentialKinds.LLMAccess.Kind) =>
                new AdmissionResult.Allowed { Warnings = [ResourceValidationReasons.UnknownKind(review.Kind)] },
            { Operation: AdmissionOperation.Unknown } => new AdmissionResult.Allowed { Warnings = [ResourceValidationReasons.UnknownOperation] },
            // A subresource is status or scale: no spec in it.
            { SubResource: not "" } or { Operation: AdmissionOperation.Connect } => AdmissionResult.Untouched,
            { Operation: AdmissionOperation.Delete } when !isProvider => AdmissionResult.Untouched,
            { Operation: AdmissionOperation.Delete, OldObject.IsEmpty: true } => ResourceValidationReasons.NoObject("oldObject"),
            { Operation: AdmissionOperation.Delete } => null,
            { Object.IsEmpty: true } => ResourceValidationReasons.NoObject("object"),
            { Operation: AdmissionOperation.Update, OldObject.IsEmpty: true } => ResourceValidationReasons.NoObject("oldObject"),
            { Namespace: null } when !isProvider => ResourceValidationReasons.NoNamespace(),
            { Operation: AdmissionOperation.Update } when HasNothingNew(review) => AdmissionResult.Untouched,
            _ => null,
        };
    }

    /// <summary>Same spec, or on its way out. Labels, and the removal of a finalizer, must pass however wrong the spec has become since it was stored.</summary>
    private static bool HasNothingNew(AdmissionReview review)
    {
        using var now = JsonDocument.Parse(review.Object);
        using var before = JsonDocument.Parse(review.OldObject);
        return IsBeingDeleted(now.RootElement) || JsonElement.DeepEquals(Spec(now.RootElement), Spec(before.RootElement));
    }

    private static bool IsBeingDeleted(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("metadata"u8, out var metadata)
        && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("deletionTimestamp"u8, out var time) && time.ValueKind == JsonValueKind.String;

    private static JsonElement Spec(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object ? (root.TryGetProperty("spec"u8, out var spec) ? spec : default) : throw new JsonException("not an object");
}
