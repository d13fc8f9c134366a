namespace AgentWarden.ClusterTests;

/// <summary>For tests that want the machine to themselves: they run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
