using AgentWarden.Kernel.Admission;

namespace AgentWarden.Credentials.CredentialInjection;

internal sealed record NewVariable(string Name, string SecretName, string SecretKey);

internal sealed record NewMount(string VolumeName, string MountPath, bool ReadOnly);

internal sealed record NewVolume(string Name, string SecretName);

/// <summary>What one container lacks.</summary>
internal sealed record ContainerAdditions(ContainerTarget Target)
{
    public List<NewVariable> Variables { get; } = [];
    public List<NewMount> Mounts { get; } = [];
}

/// <summary>
/// Collects what accesses add to a pod. What the pod's author wrote stays, what an earlier access took stays, and what is there already
/// is not added again: deciding on the patched pod reaches the same reports and adds nothing.
/// </summary>
internal sealed class InjectionDraft(PodView pod)
{
    private readonly Dictionary<(string Pointer, string What), Claim> _claims = [];
    private readonly OrderedDictionary<Report, List<string>> _reports = [];
    private readonly OrderedDictionary<string, ContainerAdditions> _additions = new(StringComparer.Ordinal);
    private readonly InjectionVolumes _volumes = new(pod);

    public IReadOnlyCollection<ContainerAdditions> Additions => _additions.Values;

    public InjectionVolumes Volumes => _volumes;

    /// <summary>Accesses of which at least one variable or mount is in the pod now.</summary>
    public List<LLMAccess> UsedAccesses { get; } = [];

    public bool IsUsed(LLMAccess access) => UsedAccesses.Contains(access);

    public void Add(ContainerTarget target, LLMAccess access)
    {
        foreach (var variable in access.Spec.Injection.Env ?? [])
        {
            AddVariable(target, access, new(variable.Name, access.Spec.SecretName, variable.SecretKey));
        }

        if (access.Spec.Injection.Volume is { } volume)
        {
            AddMount(target, access, volume);
        }
    }

    public List<string> Reports() => [.. _reports.Select(r => r.Key.Sentence(r.Key.What, r.Key.Access, r.Key.First, r.Value))];

    private void AddVariable(ContainerTarget target, LLMAccess access, NewVariable variable)
    {
        // Of two entries of one name the kubelet takes the last.
        var existing = target.Container.Env?.LastOrDefault(v => string.Equals(v.Name, variable.Name, StringComparison.Ordinal));
        var isOurs = existing is not null && string.Equals(existing.SecretName, variable.SecretName, StringComparison.Ordinal) && string.Equals(existing.SecretKey, variable.SecretKey, StringComparison.Ordinal);
        var claim = new Claim(access, variable.SecretName, variable.SecretKey);
        if (Take((target.Pointer, variable.Name), claim, existing is not null, isOurs, out var first))
        {
            Of(target).Variables.Add(variable);
        }
        else if (first is not null)
        {
            Report(target, new(VariableTaken, variable.Name, access.Metadata.Name, first));
        }
        else if (!isOurs && existing is not null)
        {
            Report(target, new(SetByPod, variable.Name, access.Metadata.Name, ""));
        }
    }

    private void AddMount(ContainerTarget target, LLMAccess access, VolumeInjection volume)
    {
        var path = MountPaths.Normalize(volume.MountPath);
        var existing = target.Container.VolumeMounts?.FirstOrDefault(m => string.Equals(MountPaths.Normalize(m.MountPath), path, StringComparison.Ordinal));
        var isOurs = existing is { HasSubPath: false } && _volumes.IsWholeSecret(existing.VolumeName, access.Spec.SecretName);
        if (Take((target.Pointer, path), new(access, access.Spec.SecretName, ""), existing is not null, isOurs, out var first))
        {
            Of(target).Mounts.Add(new(_volumes.NameFor(access), volume.MountPath, volume.ReadOnly ?? true));
        }
        else if (first is not null)
        {
            Report(target, new(PathTaken, volume.MountPath, access.Metadata.Name, first));
        }
        else if (!isOurs && existing is not null)
        {
            Report(target, new(MountedByPod, volume.MountPath, access.Metadata.Name, ""));
        }
    }

    /// <summary>True when it is free and has to be added. <paramref name="first"/> is the access that took it before, if another one did.</summary>
    private bool Take((string, string) place, Claim claim, bool exists, bool isOurs, out string? first)
    {
        first = null;
        if (isOurs)
        {
            _claims.TryAdd(place, claim);
            Use(claim.Access);
            return false;
        }

        if (_claims.TryGetValue(place, out var earlier))
        {
            if (earlier.IsSameSource(claim))
            {
                Use(claim.Access);
            }
            else
            {
                first = earlier.Access.Metadata.Name;
            }

            return false;
        }

        if (!exists)
        {
            _claims.Add(place, claim);
            Use(claim.Access);
        }

        return !exists;
    }

    private void Use(LLMAccess access)
    {
        if (!IsUsed(access))
        {
            UsedAccesses.Add(access);
        }
    }

    private ContainerAdditions Of(ContainerTarget target)
    {
        if (!_additions.TryGetValue(target.Pointer, out var additions))
        {
            _additions.Add(target.Pointer, additions = new(target));
        }

        return additions;
    }

    private void Report(ContainerTarget target, Report report)
    {
        if (!_reports.TryGetValue(report, out var containers))
        {
            _reports.Add(report, containers = []);
        }

        containers.Add(target.Container.Name);
    }

    // Static fields, so that equal reports are equal keys.
    private static readonly Sentence SetByPod = (what, access, _, containers) => CredentialInjectionReasons.SetByPod(what, access, containers);
    private static readonly Sentence MountedByPod = (what, access, _, containers) => CredentialInjectionReasons.MountedByPod(what, access, containers);
    private static readonly Sentence VariableTaken = CredentialInjectionReasons.VariableTaken;
    private static readonly Sentence PathTaken = CredentialInjectionReasons.PathTaken;

    private sealed record Claim(LLMAccess Access, string SecretName, string SecretKey)
    {
        public bool IsSameSource(Claim other) => string.Equals(SecretName, other.SecretName, StringComparison.Ordinal) && string.Equals(SecretKey, other.SecretKey, StringComparison.Ordinal);
    }
}

internal delegate string Sentence(string what, string access, string first, IReadOnlyList<string> containers);

/// <summary>One thing that was left as it is, in however many containers.</summary>
internal sealed record Report(Sentence Sentence, string What, string Access, string First);
