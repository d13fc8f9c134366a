namespace AgentWarden.Node;

/// <summary>The flags of a node's servers.</summary>
internal static class NodeFlags
{
    internal static IReadOnlyList<string> Containerd(NodeFiles files) => [$"--config={files.ContainerdConfig}", "--log-level=warn"];

    internal static IReadOnlyList<string> Kubelet(NodeFiles files, string kubeconfig, string name) =>
    [
        "--container-runtime=remote",
        $"--container-runtime-endpoint=unix://{files.Socket}",
        $"--config={files.KubeletConfig}",
        $"--hostname-override={name}",
        $"--kubeconfig={kubeconfig}",
        $"--node-ip={NodeNetwork.Address}",
        $"--root-dir={files.KubeletDirectory}",
        $"--cert-dir={Path.Combine(files.KubeletDirectory, "pki")}",
    ];

    internal static IReadOnlyList<string> Scheduler(string kubeconfig) =>
        [$"--kubeconfig={kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1"];

    /// <summary>The limits of connection tracking are the machine's: a namespace may not change them.</summary>
    internal static IReadOnlyList<string> Proxy(string kubeconfig, string name) =>
    [
        $"--kubeconfig={kubeconfig}",
        $"--hostname-override={name}",
        $"--cluster-cidr={NodeNetwork.PodRange}",
        "--proxy-mode=iptables",
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
    ];
}
