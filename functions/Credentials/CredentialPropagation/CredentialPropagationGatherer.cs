using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Status;

namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>Finds the pods that use a changed Secret, and the workloads that made them.</summary>
internal sealed class CredentialPropagationGatherer(CredentialReader reader, IKubernetesReader api)
{
    /// <summary>The facts, or null when there is nobody to tell: the Secret is gone, not ours, or has never changed.</summary>
    public async Task<CredentialPropagationFacts?> GatherAsync(ObjectReference reference, CancellationToken cancellation)
    {
        if (await reader.SecretMetadataAsync(reference, cancellation) is not { } secret
            || !long.TryParse(secret.Annotation(CredentialNames.Revision), out var revision) || revision <= 1
            || KubernetesTime.Parse(secret.Annotation(CredentialNames.ChangedAt)) is not { } changedAt)
        {
            return null;
        }

        var pods = new List<ConsumingPod>();
        var workloads = new Dictionary<string, ObjectReference?>(StringComparer.Ordinal);
        var running = new ListOptions { FieldSelector = "status.phase!=Succeeded,status.phase!=Failed" };
        await foreach (var pod in api.ListAsync(KubernetesKinds.Pod, reference.Namespace, running, ConsumerPodJson.Default.ConsumerPod, cancellation))
        {
            var (mounts, inVariables) = (pod.Mounts(reference.Name), pod.HasInVariables(reference.Name));
            if ((mounts || inVariables) && pod.Metadata is { DeletionTimestamp: null, CreationTimestamp: { } created } metadata)
            {
                var restart = metadata.Annotation(CredentialNames.RestartOnRotation) == "true";
                pods.Add(new(
                    ObjectReference.To(KubernetesKinds.Pod, metadata),
                    created,
                    metadata.Annotation(CredentialPropagationDecision.AnnotationFor(reference.Name)),
                    mounts,
                    inVariables,
                    restart,
                    inVariables && restart ? await WorkloadOfAsync(metadata, workloads, cancellation) : null));
            }
        }

        return new() { Secret = reference, Revision = revision, ChangedAt = changedAt, Pods = pods };
    }

    private async Task<ObjectReference?> WorkloadOfAsync(ObjectMeta pod, Dictionary<string, ObjectReference?> known, CancellationToken cancellation)
    {
        if (pod.Controller() is not { } controller)
        {
            return null;
        }

        if (!known.TryGetValue(controller.Uid, out var workload))
        {
            known[controller.Uid] = workload = controller.Kind switch
            {
                "StatefulSet" => Named(KubernetesKinds.StatefulSet, pod.Namespace, controller),
                "DaemonSet" => Named(KubernetesKinds.DaemonSet, pod.Namespace, controller),
                "ReplicaSet" => await DeploymentOfAsync(pod.Namespace, controller, cancellation),
                _ => null,
            };
        }

        return workload;
    }

    private async Task<ObjectReference?> DeploymentOfAsync(string? ns, OwnerReference replicaSet, CancellationToken cancellation)
    {
        var owner = (await api.GetAsync(KubernetesKinds.ReplicaSet, ns, replicaSet.Name, ObjectMetaJson.Default.MetadataOnly, cancellation))?.Metadata.Controller();
        return owner is { Kind: "Deployment" } ? Named(KubernetesKinds.Deployment, ns, owner) : null;
    }

    private static ObjectReference Named(ResourceKind kind, string? ns, OwnerReference owner) => new(kind, ns, owner.Name) { Uid = owner.Uid };
}
