using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>Settings that are no options: environment variables, as the Functions host and Kubernetes set them.</summary>
internal static class Settings
{
    /// <summary>Our pod's name, from the downward API. (Not POD_NAME's neighbour POD_NAMESPACE: the Functions host changes its ways when it sees that.)</summary>
    public const string Pod = "AGENTWARDEN_POD_NAME";

    /// <summary>"false" keeps the event bridge out of a Functions host's worker, when another process sends it events.</summary>
    public const string Bridge = "AGENTWARDEN_BRIDGE";

    public static string? Read(string name) => Environment.GetEnvironmentVariable(name);

    /// <summary>The cluster that was named, or the one that this pod is in.</summary>
    /// <exception cref="HostingException">There is none, or its configuration has a mistake.</exception>
    public static ClusterConnection Cluster(string? kubeconfig, string? context)
    {
        try
        {
            return ClusterConnection.Detect(kubeconfig, context);
        }
        catch (KubeConfigException mistake)
        {
            throw new HostingException($"No cluster: {mistake.Message}", mistake);
        }
    }
}
