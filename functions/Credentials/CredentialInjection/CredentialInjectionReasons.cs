using System.Net;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>Everything this function says, in one place.</summary>
internal static class CredentialInjectionReasons
{
    public const string Injected = "injected", NoContainers = "the pod has no container to inject";
    public const string UnknownOperation = "CredentialInjection does not know this operation and left the object as it is; it acts on CREATE of pods.";
    private const int ContainersNamed = 3, LongestStatus = 1000;

    public static string UnknownKind(AdmissionType kind) =>
        $"CredentialInjection acts on pods and left this {kind} as it is: correct the webhook's rules.";

    public static AdmissionResult.Errored NotAPod() =>
        new(400, "request.object cannot be read as a Pod.");

    public static AdmissionResult.Errored NoNamespace() =>
        new(400, "request.namespace is missing: credentials are those of the pod's namespace.");

    public static AdmissionResult.Errored Unreachable(string ns, HttpStatusCode status) =>
        new(500, $"The LLMAccesses of namespace {ns} could not be read from the Kubernetes API ({(status == default ? "no answer" : $"HTTP {(int)status}")}), so it is not known which credentials this pod needs. Try again; the webhook's failurePolicy decides until then.");

    public static string SetByPod(string variable, string access, IReadOnlyList<string> containers) =>
        $"{variable} is set by the pod in {Join(containers)} and stays; LLMAccess {access} is not used there.";

    public static string VariableTaken(string variable, string access, string first, IReadOnlyList<string> containers) =>
        $"{variable} in {Join(containers)} comes from LLMAccess {first}; LLMAccess {access} wants it as well and comes later by name.";

    public static string MountedByPod(string path, string access, IReadOnlyList<string> containers) =>
        $"{path} is mounted by the pod in {Join(containers)} and stays; LLMAccess {access} is not mounted there.";

    public static string PathTaken(string path, string access, string first, IReadOnlyList<string> containers) =>
        $"{path} in {Join(containers)} is LLMAccess {first}; LLMAccess {access} wants it as well and comes later by name.";

    public static string UnknownContainers(IReadOnlyList<string> names) =>
        $"{CredentialNames.InjectContainers} names {Join(names)}, which the pod does not have.";

    public static string NotASwitch(string annotation, string value, bool meant) =>
        $"{annotation} is \"{AdmissionWarnings.Shorten(value, 20)}\": write \"true\" or \"false\"; taken as {(meant ? "true" : "false")}.";

    public static string NotReady(LLMAccess access, Condition ready) =>
        AdmissionWarnings.Shorten($"LLMAccess {access.Metadata.Name} is not ready, the pod waits for Secret {access.Spec.SecretName}: {ready.Reason}: {ready.Message}", AdmissionWarnings.LongestItem);

    /// <summary>What goes into the annotation: one word when all is well.</summary>
    public static string Status(bool anyInjected, IReadOnlyList<string> reports) => (anyInjected, reports.Count) switch
    {
        (true, 0) => Injected,
        (true, _) => AdmissionWarnings.Shorten($"{Injected}, except: {string.Join(' ', reports)}", LongestStatus),
        (false, 0) => $"not injected: {NoContainers}",
        _ => AdmissionWarnings.Shorten($"not injected: {string.Join(' ', reports)}", LongestStatus),
    };

    private static string Join(IReadOnlyList<string> names) => names.Count <= ContainersNamed
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(ContainersNamed))} and {names.Count - ContainersNamed} more";
}
