namespace AgentWarden.ControlPlane;

/// <summary>The flags of the three servers, for Kubernetes 1.20 and newer. No secret is ever among them: ps shows flags.</summary>
internal static class ControlPlaneFlags
{
    private const string ServiceAccountIssuer = "https://kubernetes.default.svc";

    /// <summary>The addresses of Services; the API server's own is the first.</summary>
    internal const string ServiceRange = "10.0.0.0/24";

    /// <summary>Until 1.23 the controller manager also opened a fixed plain port, unless told not to.</summary>
    private static readonly Version PlainPortRemoved = new(1, 24);

    internal static IReadOnlyList<string> Etcd(ControlPlaneFiles files, int clientPort, int peerPort, bool durable) =>
    [
        $"--data-dir={files.EtcdDirectory}",
        $"--listen-client-urls=http://127.0.0.1:{clientPort}",
        $"--advertise-client-urls=http://127.0.0.1:{clientPort}",
        $"--listen-peer-urls=http://127.0.0.1:{peerPort}",
        $"--initial-advertise-peer-urls=http://127.0.0.1:{peerPort}",
        $"--initial-cluster=default=http://127.0.0.1:{peerPort}",
        .. durable ? Array.Empty<string>() : ["--unsafe-no-fsync"],
    ];

    internal static IReadOnlyList<string> ApiServer(
        ControlPlaneFiles files, Uri etcd, Uri server, bool forPods, IReadOnlyList<string> extra) =>
    [
        $"--etcd-servers={etcd.GetLeftPart(UriPartial.Authority)}",
        $"--bind-address={server.Host}",
        $"--advertise-address={server.Host}",
        $"--secure-port={server.Port}",
        $"--cert-dir={files.CertificateDirectory}",
        $"--service-account-issuer={ServiceAccountIssuer}",
        $"--service-account-key-file={files.ServiceAccountKey}",
        $"--service-account-signing-key-file={files.ServiceAccountKey}",
        $"--token-auth-file={files.Tokens}",
        "--authorization-mode=RBAC",
        $"--service-cluster-ip-range={ServiceRange}",
        "--allow-privileged",
        // Logs are fetched from nodes, whose names nobody resolves. Without a node: endpoints on loopback are refused, and pods would
        // wait for their ServiceAccount's token though nothing runs them.
        .. forPods ? ["--kubelet-preferred-address-types=InternalIP"] : new[] { "--endpoint-reconciler-type=none", "--disable-admission-plugins=ServiceAccount" },
        .. extra,
    ];

    internal static IReadOnlyList<string> ControllerManager(
        ControlPlaneFiles files, Version version, IReadOnlyList<string> extra) =>
    [
        $"--kubeconfig={files.Kubeconfig}",
        $"--service-account-private-key-file={files.ServiceAccountKey}",
        $"--root-ca-file={files.ServingCertificate}",
        "--leader-elect=false",
        // By default 20 requests a second, of which an object that lost its owner costs two: a thousand of them take 100 s.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
        .. version < PlainPortRemoved ? ["--port=0"] : Array.Empty<string>(),
        .. extra,
    ];
}
