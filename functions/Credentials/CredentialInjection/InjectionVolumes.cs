using System.Security.Cryptography;
using System.Text;
using AgentWarden.Kernel.Admission;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>The volumes of accesses: found when they are there already, named when they are new.</summary>
internal sealed class InjectionVolumes(PodView pod)
{
    private const string Prefix = "llmwarden-";
    private const int LongestLabel = 63, HashDigits = 8;

    /// <summary>Volumes to add.</summary>
    public List<NewVolume> New { get; } = [];

    public bool PodHasVolumes => pod.Volumes is not null;

    public bool IsWholeSecret(string volume, string secret) =>
        pod.Volumes?.FirstOrDefault(v => string.Equals(v.Name, volume, StringComparison.Ordinal)) is { WholeSecret: { } name } && string.Equals(name, secret, StringComparison.Ordinal);

    /// <summary>The name of the access's volume. A name that holds something else is passed over, so the same name is found on the next run.</summary>
    public string NameFor(LLMAccess access)
    {
        for (var attempt = 0; ; attempt++)
        {
            var name = Candidate(access.Metadata.Name, attempt);
            var added = New.Find(v => string.Equals(v.Name, name, StringComparison.Ordinal));
            if (IsWholeSecret(name, access.Spec.SecretName) || string.Equals(added?.SecretName, access.Spec.SecretName, StringComparison.Ordinal))
            {
                return name;
            }

            if (added is null && !IsSpokenFor(name))
            {
                New.Add(new(name, access.Spec.SecretName));
                return name;
            }
        }
    }

    /// <summary>By a volume, or by a mount whose volume is missing: that pod is wrong, and must not become right by getting a credential nobody meant for it.</summary>
    private bool IsSpokenFor(string name) =>
        pod.Volumes?.Any(v => string.Equals(v.Name, name, StringComparison.Ordinal)) == true
        || (pod.Containers ?? []).Concat(pod.InitContainers ?? []).Any(c => c.VolumeMounts?.Any(m => string.Equals(m.VolumeName, name, StringComparison.Ordinal)) == true);

    /// <summary>A DNS-1123 label: an access's name may be 253 characters long and hold dots, a volume's may not. What had to be changed carries a hash, so two never become one.</summary>
    internal static string Candidate(string access, int attempt)
    {
        var plain = Prefix + access.Replace('.', '-');
        if (attempt == 0 && plain.Length <= LongestLabel && !access.Contains('.', StringComparison.Ordinal))
        {
            return plain;
        }

        var text = attempt == 0 ? access : $"{access}#{attempt}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashDigits / 2));
        return $"{plain.AsSpan(0, Math.Min(plain.Length, LongestLabel - HashDigits - 1)).TrimEnd('-')}-{hash}";
    }
}
