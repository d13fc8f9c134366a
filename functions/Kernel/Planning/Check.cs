namespace AgentWarden.Kernel.Planning;

/// <summary>A fault that a check found: named for the fault, with a message that says how to fix it.</summary>
internal sealed record Finding(string Reason, string Message);

/// <summary>One named check of a decision; null when all is well.</summary>
internal delegate Finding? Check<in TFacts>(TFacts facts);

internal static class Checks
{
    /// <summary>The first fault in order, or null. The order of the list is part of the decision.</summary>
    public static Finding? FirstFinding<TFacts>(this IReadOnlyList<Check<TFacts>> checks, TFacts facts)
    {
        foreach (var check in checks)
        {
            if (check(facts) is { } finding)
            {
                return finding;
            }
        }

        return null;
    }
}
