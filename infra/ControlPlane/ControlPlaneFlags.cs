namespace AgentWarden.ControlPlane;

/// <summary>The flags of the three servers, for Kubernetes 1.20 and newer. No secret is ever among them: ps shows flags.</summary>
internal static class ControlPlaneFlags
{
    private const string ServiceAccountIssuer = "https://kubernetes.default.svc";

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
        ControlPlaneFiles files, Uri etcd, int port, IReadOnlyList<string> extra) =>
    [
        $"--etcd-servers={etcd.GetLeftPart(UriPartial.Authority)}",
        "--bind-address=127.0.0.1",
        // Without these two it asks for a network interface other than loopback.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        $"--secure-port={port}",
        $"--cert-dir={files.CertificateDirectory}",
        $"--service-account-issuer={ServiceAccountIssuer}",
        $"--service-account-key-file={files.ServiceAccountKey}",
        $"--service-account-signing-key-file={files.ServiceAccountKey}",
        $"--token-auth-file={files.Tokens}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--allow-privileged",
        // Pods would wait for their ServiceAccount's token; nothing here runs them.
        "--disable-admission-plugins=ServiceAccount",
        .. extra,
    ];

    internal static IReadOnlyList<string> ControllerManager(
        ControlPlaneFiles files, Version version, IReadOnlyList<string> extra) =>
    [
        $"--kubeconfig={files.Kubeconfig}",
        $"--service-account-private-key-file={files.ServiceAccountKey}",
        $"--root-ca-file={files.ServingCertificate}",
        "--leader-elect=false",
        // By default 20 requests a second: of a thousand deleted owners, the last one's objects would be collected after minutes.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
        .. version < PlainPortRemoved ? ["--port=0"] : Array.Empty<string>(),
        .. extra,
    ];
}
