using System.Security.Cryptography;
using System.Text;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>Brings running pods to a changed credential: an annotation makes the kubelet refresh a mounted Secret at once; who holds it in variables is restarted, if asked.</summary>
internal static class CredentialPropagationDecision
{
    private const int MaxAnnotationName = 63;

    public static Plan Decide(CredentialPropagationFacts facts)
    {
        if (facts.Revision <= 1)
        {
            // Never changed: nobody can have an older value.
            return Plan.Nothing;
        }

        var annotation = AnnotationFor(facts.Secret.Name);
        var revision = new Dictionary<string, string>(StringComparer.Ordinal) { [annotation] = facts.Revision.ToString() };
        // Times have whole seconds: a pod of the same second may have either value, and telling it costs little.
        var stale = facts.Pods.Where(p => p.Created <= facts.ChangedAt && p.Revision != facts.Revision.ToString()).ToArray();
        var restarted = stale.Where(NeedsRestart).Select(p => p.Workload!).Distinct().ToArray();
        return new(new Outcome.Done())
        {
            // A nudged pod counts as told: one that needs a restart as well is nudged only after that is written, or a failure in between would lose it.
            Writes =
            [
                .. stale.Where(p => p.Mounts && !NeedsRestart(p)).Select(p => new AnnotateObject(p.Pod, "metadata", revision)),
                .. restarted.Select(w => new AnnotateObject(w, "spec.template.metadata", revision)),
                .. stale.Where(p => p.Mounts && NeedsRestart(p)).Select(p => new AnnotateObject(p.Pod, "metadata", revision)),
            ],
            Notes = [.. restarted.Select(w => new Note(w, Note.Normal, CredentialPropagationReasons.RestartedForCredential, $"Rolling restart: revision {facts.Revision} of Secret {facts.Secret.Name} reaches variables only in new pods ({CredentialNames.RestartOnRotation}: \"true\")."))],
        };
    }

    private static bool NeedsRestart(ConsumingPod pod) => pod is { InVariables: true, RestartOnRotation: true, Workload: not null };

    /// <summary>The annotation that holds a Secret's revision; a Secret's name may be longer than an annotation's.</summary>
    public static string AnnotationFor(string secret)
    {
        var name = secret.Length <= MaxAnnotationName ? secret : $"{secret[..(MaxAnnotationName - 9)].TrimEnd('.', '-')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)).AsSpan(0, 4))}";
        return CredentialNames.ConsumedRevisionPrefix + name;
    }
}
