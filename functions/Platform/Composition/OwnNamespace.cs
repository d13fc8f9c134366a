using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition;

/// <summary>The namespace of the installation: where its Leases, pods and ServiceAccounts are.</summary>
internal static class OwnNamespace
{
    public const string Setting = "AGENTWARDEN_NAMESPACE";

    public static string Of(ClusterConnection cluster, Func<string, string?> settings) => settings(Setting) is { Length: > 0 } named ? named : cluster.Namespace;
}
