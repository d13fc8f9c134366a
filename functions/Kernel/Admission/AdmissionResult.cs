using System.Text.Json.Serialization;

namespace AgentWarden.Kernel.Admission;

/// <summary>What an admission function answers: one of four, and no other.</summary>
[JsonDerivedType(typeof(Allowed), "allowed"), JsonDerivedType(typeof(Denied), "denied"), JsonDerivedType(typeof(Patched), "patched"), JsonDerivedType(typeof(Errored), "errored")]
internal abstract record AdmissionResult
{
    /// <summary>Allowed, unchanged, nothing to say.</summary>
    public static readonly AdmissionResult Untouched = new Allowed();

    /// <summary>Shown to whoever made the request, also when it is refused. About 120 characters each; the writer bounds them.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>For the audit log; the API server puts the webhook's name before each key.</summary>
    public IReadOnlyDictionary<string, string>? AuditAnnotations { get; init; }

    public sealed record Allowed : AdmissionResult;

    /// <param name="Code">HTTP status of the refusal: 403 where a policy forbids, 422 where a field is wrong.</param>
    /// <param name="Reason"><c>metav1.StatusReason</c> that goes with the code.</param>
    /// <param name="Message">Names the fields, what is allowed, and the fix.</param>
    public sealed record Denied(int Code, string Reason, string Message) : AdmissionResult
    {
        public static Denied Invalid(string message) => new(422, "Invalid", message);

        public static Denied Forbidden(string message) => new(403, "Forbidden", message);
    }

    public sealed record Patched(IReadOnlyList<JsonPatchOperation> Patch) : AdmissionResult;

    /// <summary>
    /// No verdict. Answered as an HTTP error and not as a review, so that the webhook's <c>failurePolicy</c> decides:
    /// "allowed: true" would overrule Fail, "allowed: false" would overrule Ignore, and that choice is the cluster administrator's.
    /// </summary>
    /// <param name="Status">HTTP status: 400 for what cannot be read, 500 for what could not be looked up.</param>
    /// <param name="Message">The API server repeats it in its own error.</param>
    public sealed record Errored(int Status, string Message) : AdmissionResult;
}
