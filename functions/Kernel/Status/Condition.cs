namespace AgentWarden.Kernel.Status;

/// <summary>One aspect of an object's state, as <c>metav1.Condition</c>.</summary>
internal sealed record Condition
{
    public required string Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public required string Status { get; init; }

    /// <summary>CamelCase, from the function's catalogue of reasons.</summary>
    public required string Reason { get; init; }

    /// <summary>What is wrong and how to fix it, for a person.</summary>
    public required string Message { get; init; }

    /// <summary>The generation of the spec that this was decided on.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>When <see cref="Status"/> last flipped.</summary>
    public DateTimeOffset LastTransitionTime { get; init; }
}
