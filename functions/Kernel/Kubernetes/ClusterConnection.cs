using System.Net;
using System.Security.Cryptography.X509Certificates;
using AgentWarden.Kernel.Kubernetes.Connection;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>Where one API server is, how it proves itself and how we do. Made from a kubeconfig or from inside a pod.</summary>
internal sealed class ClusterConnection
{
    public required Uri Server { get; init; }

    /// <summary>What the server's certificate must come from, or be; null means the machine's authorities.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    public bool SkipTlsVerify { get; init; }

    /// <summary>
    /// The name that the server is asked for and its certificate is checked for, when it is not the host in <see cref="Server"/>.
    /// </summary>
    public string? TlsServerName { get; init; }

    public ICredentialSource Credentials { get; init; } = new FixedCredentialSource(ClusterCredential.Anonymous);

    /// <summary>Whose rights every request asks for instead of the credential's own; null for the credential's own.</summary>
    public Impersonation? Impersonation { get; init; }

    /// <summary>The namespace to work in when none is said.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The kubeconfig's context; null inside a cluster.</summary>
    public string? Context { get; init; }

    /// <summary>The way out; null means straight to the server.</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>For people: which cluster this is and who said so.</summary>
    public required string Description { get; init; }

    /// <summary>The given kubeconfig, else <c>$KUBECONFIG</c>, else the pod we are in, else <c>~/.kube/config</c>.</summary>
    public static ClusterConnection Detect(string? kubeconfig = null, string? context = null)
    {
        var named = !string.IsNullOrEmpty(kubeconfig) || context is not null
            || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(KubeConfigFiles.Variable));
        return !named && InClusterConnection.IsAvailable(Environment.GetEnvironmentVariable)
            ? InCluster() : FromKubeConfig(kubeconfig, context);
    }

    /// <summary>From kubeconfig files, found and merged as kubectl does it.</summary>
    /// <exception cref="KubeConfigException">The configuration has a mistake.</exception>
    public static ClusterConnection FromKubeConfig(
        string? path = null, string? context = null, Func<string, string?>? environment = null, TimeProvider? time = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var config = KubeConfigFiles.Read(KubeConfigFiles.Locate(path, environment));
        return KubeConfigConnection.From(config, context, environment, time ?? TimeProvider.System);
    }

    /// <summary>From the ServiceAccount of the pod that we run in.</summary>
    /// <exception cref="KubeConfigException">This is no pod, or it has no ServiceAccount token.</exception>
    public static ClusterConnection InCluster(
        string? accountFolder = null, Func<string, string?>? environment = null, TimeProvider? time = null) =>
        InClusterConnection.From(
            accountFolder ?? InClusterConnection.AccountFolder,
            environment ?? Environment.GetEnvironmentVariable,
            time ?? TimeProvider.System);

    public override string ToString() => Description;
}
