using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>Which objects are one bridge's, when several share the work: by a hash of the namespace, so that what belongs together stays together.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Count">1 when one bridge does it all.</param>
internal sealed record Shard(int Index, int Count)
{
    public static readonly Shard Whole = new(0, 1);

    /// <summary>A cluster-scoped object goes by its own name; so a Namespace goes where its objects go.</summary>
    public bool Owns(ObjectMeta metadata) => Count == 1 || Hash(metadata.Namespace ?? metadata.Name) % (uint)Count == (uint)Index;

    /// <summary>FNV-1a: the same in every process, unlike a string's own hash code.</summary>
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 16777619u;
        }

        return hash;
    }

    public override string ToString() => $"{Index} of {Count}";
}
