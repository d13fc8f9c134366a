namespace AgentWarden.Node;

/// <summary>A node's directory: what lies where, and the configuration that we write before a server starts.</summary>
/// <param name="directory">The node's own; short, because the path of a socket has at most 107 bytes.</param>
/// <param name="binaries">Where containerd finds runc and the network plugins.</param>
internal sealed class NodeFiles(string directory, string binaries)
{
    internal string Directory { get; } = directory;

    /// <summary>Also the node's cgroup, in every hierarchy.</summary>
    internal string Name => Path.GetFileName(Directory);

    internal string Socket => In("containerd.sock");

    internal string ContainerdConfig => In("containerd.toml");

    internal string KubeletConfig => In("kubelet.json");

    internal string KubeletDirectory => In("kubelet");

    private string NetworkDirectory => In("cni");

    internal void Write()
    {
        System.IO.Directory.CreateDirectory(NetworkDirectory);
        // An empty one: the machine's own would give pods its search domains.
        File.WriteAllText(In("resolv.conf"), "");
        File.WriteAllText(ContainerdConfig, Containerd);
        File.WriteAllText(KubeletConfig, Kubelet);
        File.WriteAllText(Path.Combine(NetworkDirectory, "10-pods.conflist"), Network);
    }

    private string In(string name) => Path.Combine(Directory, name);

    /// <summary>Without restrict_oom_score_adj no container starts where CAP_SYS_RESOURCE is missing, as in many containers and virtual machines.</summary>
    private string Containerd => $"""
        version = 2
        root = "{In("root")}"
        state = "{In("state")}"
        disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
        [grpc]
          address = "{Socket}"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{Images.Pause}"
          disable_apparmor = true
          restrict_oom_score_adj = true
          netns_mounts_under_state_dir = true
          [plugins."io.containerd.grpc.v1.cri".containerd]
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                BinaryName = "{Path.Combine(binaries, "runc")}"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{binaries}"
            conf_dir = "{NetworkDirectory}"

        """;

    /// <summary>A pair of interfaces for each pod and no bridge between them: all traffic is routed, so Services work without the kernel's br_netfilter.</summary>
    private string Network => $$"""
        {
          "cniVersion": "0.4.0",
          "name": "pods",
          "plugins": [{
            "type": "ptp",
            "ipam": { "type": "host-local", "dataDir": "{{Path.Combine(NetworkDirectory, "addresses")}}", "ranges": [[{ "subnet": "{{NodeNetwork.PodRange}}" }]], "routes": [{ "dst": "0.0.0.0/0" }] }
          }]
        }
        """;

    private string Kubelet => $$"""
        {
          "apiVersion": "kubelet.config.k8s.io/v1beta1",
          "kind": "KubeletConfiguration",
          "address": "{{NodeNetwork.Address}}",
          "readOnlyPort": 0,
          "healthzBindAddress": "127.0.0.1",
          "cgroupDriver": "cgroupfs",
          "cgroupRoot": "/{{Name}}",
          "cgroupsPerQOS": true,
          "enforceNodeAllocatable": [],
          "evictionHard": {},
          "failSwapOn": false,
          "registerNode": true,
          "resolvConf": "{{In("resolv.conf")}}",
          "clusterDNS": ["{{NodeNetwork.Address}}"],
          "clusterDomain": "{{ClusterNames.Domain}}",
          "authentication": { "anonymous": { "enabled": true }, "webhook": { "enabled": false } },
          "authorization": { "mode": "AlwaysAllow" },
          "protectKernelDefaults": false
        }
        """;
}
