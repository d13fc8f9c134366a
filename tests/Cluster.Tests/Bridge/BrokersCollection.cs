namespace AgentWarden.ClusterTests.Bridge;

/// <summary>
/// The brokers end to end, on a control plane of their own: a bridge begins with everything that there is, and thousands of objects of other tests
/// would all go through the broker first.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class BrokersCollection : ICollectionFixture<ControlPlaneFixture>
{
    public const string Name = "brokers";
}
