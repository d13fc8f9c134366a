using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>Which accesses select the pod, which of its containers they reach, and what each of these still lacks.</summary>
internal static class CredentialInjectionDecision
{
    /// <summary>
    /// Annotation of a mirror pod: what the kubelet shows of a pod that it runs from a file of its own. A change of it changes nothing that
    /// runs, and the API server refuses it altogether when it names a Secret.
    /// </summary>
    internal const string MirrorPod = "kubernetes.io/config.mirror";

    public static AdmissionResult Decide(in CredentialInjectionFacts facts)
    {
        if (facts.Accesses.Count == 0)
        {
            return AdmissionResult.Untouched;
        }

        var metadata = PodMetadataReader.Read(facts.Pod.Span, "llmwarden.io/"u8, "kubernetes.io/config.mirror"u8);
        var matching = Matching(facts.Accesses, metadata);
        if (matching.Count == 0 || metadata.Annotation(MirrorPod) is not null)
        {
            return AdmissionResult.Untouched;
        }

        var switches = new List<string>();
        return Switch(metadata, CredentialNames.Inject, otherwise: true, switches)
            ? Inject(PodReader.ReadSpec(facts.Pod.Span, Variables(matching)), metadata, matching, switches)
            : AdmissionResult.Untouched;
    }

    /// <summary>In the order of their names, so that of two that want the same the same one always wins.</summary>
    private static List<LLMAccess> Matching(IReadOnlyCollection<LLMAccess> accesses, PodMetadata pod)
    {
        var matching = new List<LLMAccess>();
        foreach (var access in accesses)
        {
            if (Selects(access, pod))
            {
                matching.Add(access);
            }
        }

        matching.Sort(static (a, b) => string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name));
        return matching;
    }

    /// <summary>
    /// As label selectors do everywhere, an empty selector selects every pod of the namespace; an absent one selects none.
    /// An access without injection asks for nothing: its Secret is read by someone who knows its name.
    /// </summary>
    private static bool Selects(LLMAccess access, PodMetadata pod) =>
        access.Metadata.DeletionTimestamp is null
        && access.Spec is { WorkloadSelector: not null, Injection: { Env.Count: > 0 } or { Volume: not null } }
        && access.Spec.WorkloadSelector.Matches(pod.Labels);

    private static string[] Variables(List<LLMAccess> accesses) =>
        [.. accesses.SelectMany(a => a.Spec.Injection.Env ?? []).Select(e => e.Name)];

    private static AdmissionResult Inject(PodView pod, PodMetadata metadata, List<LLMAccess> accesses, List<string> warnings)
    {
        var everyInit = Switch(metadata, CredentialNames.InjectInitContainers, otherwise: false, warnings);
        var targets = ContainerTargets.Choose(pod, metadata.Annotation(CredentialNames.InjectContainers), everyInit, out var unknown);
        var draft = new InjectionDraft(pod);
        foreach (var access in accesses)
        {
            foreach (var target in targets)
            {
                draft.Add(target, access);
            }
        }

        var reports = draft.Reports();
        if (unknown.Count > 0)
        {
            reports.Insert(0, CredentialInjectionReasons.UnknownContainers(unknown));
        }

        warnings.AddRange(reports);
        warnings.AddRange(accesses.Where(a => draft.IsUsed(a)).Select(NotReady).OfType<string>());
        var status = CredentialInjectionReasons.Status(draft.UsedAccesses.Count > 0, reports);
        var patch = CredentialInjectionPatch.Build(draft, metadata, status);
        return patch.Count == 0
            ? new AdmissionResult.Allowed { Warnings = warnings }
            : new AdmissionResult.Patched(patch) { Warnings = warnings, AuditAnnotations = Audit(draft) };
    }

    private static Dictionary<string, string>? Audit(InjectionDraft draft) => draft.UsedAccesses.Count == 0
        ? null
        : new(StringComparer.Ordinal) { ["injected-accesses"] = string.Join(',', draft.UsedAccesses.Select(a => a.Metadata.Name)) };

    /// <summary>Injected all the same: the kubelet holds the container until the Secret is there, and says so on the pod.</summary>
    private static string? NotReady(LLMAccess access) =>
        Conditions.Find(access.Status?.Conditions, "Ready") is { Status: Conditions.False } ready
            ? CredentialInjectionReasons.NotReady(access, ready)
            : null;

    private static bool Switch(PodMetadata metadata, string annotation, bool otherwise, List<string> warnings)
    {
        if (metadata.Annotation(annotation) is not { Length: > 0 } text)
        {
            return otherwise;
        }

        if (bool.TryParse(text, out var value))
        {
            return value;
        }

        warnings.Add(CredentialInjectionReasons.NotASwitch(annotation, text, otherwise));
        return otherwise;
    }
}
