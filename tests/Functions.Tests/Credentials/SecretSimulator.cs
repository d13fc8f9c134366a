using System.Text.Json;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Tests.Credentials;

/// <summary>What an API server would make of writes to one Secret.</summary>
internal static class SecretSimulator
{
    private const string NextVersion = "1000";

    public static ObservedSecret? Apply(ObservedSecret? existing, Write write, DateTimeOffset now)
    {
        switch (write)
        {
            case CreateObject create:
                Assert.Null(existing);
                return Sent(create.Object, new() { Metadata = new() { Name = create.Target.Name, Namespace = create.Target.Namespace, Uid = "made-now", ResourceVersion = NextVersion, CreationTimestamp = now } });
            case ApplyObject apply:
                GuardedBy(existing, apply.Target);
                Assert.False(existing!.Immutable && apply.Object.SecretData!.Any(d => existing.Digests![d.Key] != d.Value.Digest), "an immutable Secret's data cannot be applied");
                return Sent(apply.Object, existing);
            case RemoveFields remove:
                Assert.False(existing!.Immutable);
                return existing with { Digests = existing.Digests!.Where(d => !remove.Pointers.Contains($"/data/{d.Key}", StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal) };
            case DeleteObject delete:
                GuardedBy(existing, delete.Target);
                return null;
            default:
                throw new NotSupportedException(write.GetType().Name);
        }
    }

    /// <summary>Whatever exists is only changed as the very object, and the very version, that was decided on.</summary>
    private static void GuardedBy(ObservedSecret? existing, ObjectReference target)
    {
        Assert.NotNull(existing);
        Assert.NotNull(target.Uid);
        Assert.Equal((existing.Metadata.Uid, existing.Metadata.ResourceVersion), (target.Uid, target.ResourceVersion));
    }

    private static ObservedSecret Sent(DesiredObject desired, ObservedSecret onto)
    {
        var sent = desired.Body["metadata"].Deserialize(ObjectMetaJson.Default.ObjectMeta)!;
        return onto with
        {
            Metadata = onto.Metadata with
            {
                ResourceVersion = NextVersion,
                Labels = Merged(onto.Metadata.Labels, sent.Labels),
                Annotations = Merged(onto.Metadata.Annotations, sent.Annotations),
                OwnerReferences = sent.OwnerReferences ?? onto.Metadata.OwnerReferences,
            },
            Digests = Merged(onto.Digests, desired.SecretData?.ToDictionary(d => d.Key, d => d.Value.Digest, StringComparer.Ordinal)),
        };
    }

    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string>? old, IReadOnlyDictionary<string, string>? sent)
    {
        var merged = new Dictionary<string, string>(old ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (key, value) in sent ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            merged[key] = value;
        }

        return merged;
    }
}
