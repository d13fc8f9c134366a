using System.Net;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>One context of a kubeconfig as a connection.</summary>
internal static class KubeConfigConnection
{
    public static ClusterConnection From(KubeConfig config, string? contextName, Func<string, string?> environment, TimeProvider time)
    {
        var context = config.Context(contextName);
        var name = contextName ?? config.CurrentContext!;
        var cluster = config.Cluster(context);
        var user = config.User(context);
        var server = Server(cluster);
        var skip = cluster.Flag("insecure-skip-tls-verify");
        var authority = cluster.Pem("certificate-authority");
        if (skip && authority is not null)
        {
            throw new KubeConfigException(
                cluster.File, cluster.Field("insecure-skip-tls-verify"), "it is true, and there is a certificate-authority too.",
                "Remove insecure-skip-tls-verify: with the CA the server can be verified.");
        }

        return new ClusterConnection
        {
            Server = server,
            Authorities = authority is null ? null
                : Certificates.Authorities(authority, cluster.File, cluster.Field("certificate-authority")),
            SkipTlsVerify = skip,
            TlsServerName = cluster.Text("tls-server-name"),
            Credentials = UserCredentials.From(user, cluster, time),
            Impersonation = Impersonation.Of(user),
            Namespace = context.Text("namespace") ?? "default",
            Context = name,
            Proxy = Proxy(cluster) ?? EnvironmentProxy.For(server, environment),
            Description = $"{server.AbsoluteUri.TrimEnd('/')} (context {name} of {config.Source})",
        };
    }

    private static Uri Server(KubeConfigEntry cluster)
    {
        var text = cluster.Required("server", "Give the API server's address, for example https://10.0.0.1:6443.");
        return Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is ("https" or "http")
            ? server
            : throw new KubeConfigException(
                cluster.File, cluster.Field("server"), $"\"{text}\" is not an http(s) address.", "Write it like https://10.0.0.1:6443.");
    }

    private static IWebProxy? Proxy(KubeConfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
        {
            return null;
        }

        return EnvironmentProxy.Address(text) is { } proxy
            ? EnvironmentProxy.Always(proxy)
            : throw new KubeConfigException(
                cluster.File, cluster.Field("proxy-url"), "it is not a proxy's address.", "Use http://, https:// or socks5://.");
    }
}
