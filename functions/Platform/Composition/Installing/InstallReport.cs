using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>What became of one object.</summary>
internal enum InstallResult
{
    Created,
    Changed,
    Unchanged,
    Removed,
}

/// <summary>One object of an installation.</summary>
internal sealed record InstalledObject(ObjectReference Object, InstallResult Result)
{
    /// <summary>One line for a person, for example <c>created   CustomResourceDefinition llmaccesses.llmwarden.io</c>.</summary>
    public override string ToString() => $"{Result.ToString().ToLowerInvariant(),-9} {Object}";
}

/// <summary>What an installation did, object by object, in the order in which it was done.</summary>
internal sealed record InstallReport(IReadOnlyList<InstalledObject> Objects)
{
    public int Count(InstallResult result) => Objects.Count(o => o.Result == result);

    /// <summary>One line for a person, for example <c>2 created, 17 unchanged</c>.</summary>
    public override string ToString()
    {
        var counts = Enum.GetValues<InstallResult>().Where(r => Count(r) > 0).Select(r => $"{Count(r)} {r.ToString().ToLowerInvariant()}").ToList();
        return counts.Count == 0 ? "nothing to do" : string.Join(", ", counts);
    }
}
