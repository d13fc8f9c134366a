using AgentWarden.ControlPlane;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Kubernetes.Connection;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>The cluster of one <c>up</c>: a local control plane that ends with us, or one that was named in full.</summary>
internal sealed class UpCluster : IAsyncDisposable
{
    private readonly LocalControlPlane? _plane;

    private UpCluster(ClusterConnection admin, ClusterConnection functions, string kubeconfig, string arguments, LocalControlPlane? plane) =>
        (Admin, Functions, Kubeconfig, KubectlArguments, _plane) = (admin, functions, kubeconfig, arguments, plane);

    /// <summary>Installs and shows.</summary>
    public ClusterConnection Admin { get; }

    /// <summary>Runs the functions: on the local control plane with nothing but their ServiceAccount's rights.</summary>
    public ClusterConnection Functions { get; }

    public string Kubeconfig { get; }

    /// <summary>What makes kubectl talk to this cluster.</summary>
    public string KubectlArguments { get; }

    public bool IsLocal => _plane is not null;

    public static async Task<UpCluster> FindAsync(UpCommand.Options options, IProgress<string> progress, CancellationToken cancellation)
    {
        if ((options.Kubeconfig is null) != (options.Context is null))
        {
            throw new HostingException("Name a cluster in full, with --kubeconfig and --context, or neither for a local control plane. No cluster is touched by default.");
        }

        if (options.Kubeconfig is { } path)
        {
            var named = ClusterConnection.FromKubeConfig(path, options.Context);
            progress.Report($"using {named.Description}");
            return new(named, named, path, $"--kubeconfig {path} --context {options.Context}", plane: null);
        }

        var account = new TokenUser("system:serviceaccount:agent-warden-system:agent-warden", "system:serviceaccounts", "system:serviceaccounts:agent-warden-system", "system:authenticated");
        var plane = await LocalControlPlane.StartAsync(new() { DataDirectory = options.Data, Durable = options.Data is not null, Users = [account] }, progress, cancellation);
        var admin = ClusterConnection.FromKubeConfig(plane.KubeconfigPath);
        var functions = new ClusterConnection
        {
            Server = admin.Server,
            Authorities = admin.Authorities,
            Credentials = new FixedCredentialSource(ClusterCredential.Bearer(account.Token)),
            Namespace = "agent-warden-system",
            Description = $"{admin.Description}, as ServiceAccount agent-warden",
        };
        return new(admin, functions, plane.KubeconfigPath, $"--kubeconfig {plane.KubeconfigPath}", plane);
    }

    public ValueTask DisposeAsync() => _plane?.DisposeAsync() ?? ValueTask.CompletedTask;
}
