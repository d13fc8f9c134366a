using AgentWarden.Credentials;
using AgentWarden.Kernel.Planning;
using static AgentWarden.Admission.ResourceValidation.ResourceValidationReasons;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>Where a Secret may be mounted.</summary>
internal static class MountPathChecks
{
    private const string Field = "spec.injection.volume.mountPath", Example = "/var/run/secrets/llm";

    /// <summary>A volume there hides what every container needs, or the runtime refuses it. Paths below are fine, except in <see cref="KernelTrees"/>.</summary>
    private static readonly HashSet<string> SystemPaths = new(StringComparer.Ordinal)
    {
        "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var", "/var/run",
        "/run/secrets/kubernetes.io/serviceaccount", "/var/run/secrets/kubernetes.io/serviceaccount",
    };

    private static readonly string[] KernelTrees = ["/proc/", "/sys/"];

    public static IEnumerable<Finding> Faults(AccessFacts facts)
    {
        if (facts.Access.Spec.Injection.Volume is not { } volume)
        {
            yield break;
        }

        var path = MountPaths.Normalize(volume.MountPath);
        if (!path.StartsWith('/'))
        {
            yield return new(FieldInvalid, $"{Field}: \"{volume.MountPath}\" is not absolute. Begin it with '/', for example {Example}.");
        }

        if (path.Contains(':', StringComparison.Ordinal))
        {
            yield return new(FieldInvalid, $"{Field}: \"{volume.MountPath}\" holds ':', which Kubernetes refuses in a mount path. Leave it out.");
        }

        if (path.Split('/').Contains("..", StringComparer.Ordinal))
        {
            yield return new(FieldInvalid, $"{Field}: \"{volume.MountPath}\" holds a '..' step. Write the path that is meant.");
        }

        if (SystemPaths.Contains(path) || Array.Exists(KernelTrees, k => path.StartsWith(k, StringComparison.Ordinal)))
        {
            yield return new(FieldInvalid, $"{Field}: {volume.MountPath} is a system path, a volume there would hide it. Use a path of its own, for example {Example}.");
        }

        foreach (var neighbour in facts.Neighbours.Where(n => Same(n, path) && AccessChecks.MaySelectTheSamePod(facts.Access, n)))
        {
            yield return new(AlreadyClaimed, $"{Field}: {volume.MountPath} is also the path of LLMAccess {neighbour.Metadata.Name}, whose spec.workloadSelector can select the same pods. Choose another path, or selectors that exclude each other.");
        }
    }

    private static bool Same(LLMAccess neighbour, string path) =>
        neighbour.Spec.Injection.Volume is { } volume && string.Equals(MountPaths.Normalize(volume.MountPath), path, StringComparison.Ordinal);
}
