namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>The connection of a pod: its ServiceAccount's token and CA, and the API server's address in the environment.</summary>
internal static class InClusterConnection
{
    public const string AccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string Host = "KUBERNETES_SERVICE_HOST", Port = "KUBERNETES_SERVICE_PORT";

    public static bool IsAvailable(Func<string, string?> environment) =>
        !string.IsNullOrEmpty(environment(Host)) && File.Exists(Path.Combine(AccountFolder, "token"));

    public static ClusterConnection From(string folder, Func<string, string?> environment, TimeProvider time)
    {
        var host = environment(Host);
        if (string.IsNullOrEmpty(host))
        {
            throw new KubeConfigException(
                file: null, Host, "it is not set, so this is not a pod.", $"Give a kubeconfig, or set {KubeConfigFiles.Variable}.");
        }

        // UriBuilder brackets an IPv6 address itself.
        var port = environment(Port);
        if (!int.TryParse(port, out var number))
        {
            throw new KubeConfigException(file: null, Port, "it is not a port.", "Let Kubernetes set it.");
        }

        var server = new UriBuilder("https", host, number).Uri;
        var token = Path.Combine(folder, "token");
        if (!File.Exists(token))
        {
            throw new KubeConfigException(
                token, field: null, "the pod has no ServiceAccount token.",
                "Set automountServiceAccountToken: true, or mount a projected token there.");
        }

        var authority = Path.Combine(folder, "ca.crt");
        return new ClusterConnection
        {
            Server = server,
            Authorities = Certificates.Authorities(Read(authority) ?? "", authority, "ca.crt"),
            Credentials = new FileTokenSource(token, "token", certificate: null, time),
            Namespace = Read(Path.Combine(folder, "namespace"))?.Trim() is { Length: > 0 } ns ? ns : "default",
            Description = $"{server.AbsoluteUri.TrimEnd('/')} (this pod's cluster)",
        };
    }

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
