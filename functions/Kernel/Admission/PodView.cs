namespace AgentWarden.Kernel.Admission;

/// <summary>What selectors and annotations say about a pod: read first, because most pods are not meant.</summary>
/// <param name="Labels">All labels.</param>
/// <param name="Annotations">Only those that were asked for.</param>
/// <param name="HasAnnotations">False when <c>metadata.annotations</c> is absent or null, and a patch has to create it.</param>
internal sealed record PodMetadata(
    IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, bool HasAnnotations)
{
    public string? Annotation(string key) => Annotations.TryGetValue(key, out var value) ? value : null;
}

/// <summary>
/// The part of a pod's spec that decides where something can be added. A null list is absent in the pod; ephemeral containers are left out
/// on purpose.
/// </summary>
internal sealed record PodView(
    IReadOnlyList<ContainerView>? Containers, IReadOnlyList<ContainerView>? InitContainers, IReadOnlyList<VolumeView>? Volumes);

/// <summary>A container; of its variables only those that were asked for.</summary>
internal sealed record ContainerView(string Name, IReadOnlyList<VariableView>? Env, IReadOnlyList<MountView>? VolumeMounts);

/// <summary>A variable; the Secret's name and key when its value comes from one.</summary>
internal sealed record VariableView(string Name, string? SecretName, string? SecretKey);

internal sealed record MountView(string VolumeName, string MountPath, bool HasSubPath);

/// <summary>A volume; the Secret's name when it is the whole of one Secret.</summary>
internal sealed record VolumeView(string Name, string? WholeSecret);
