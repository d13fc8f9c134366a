using System.Net;

namespace AgentWarden.ControlPlane;

/// <summary>What a control plane is started with. The defaults are those of a throw-away test server.</summary>
public sealed record LocalControlPlaneOptions
{
    /// <summary>Garbage collection, namespaces, workloads. Without it objects are only stored.</summary>
    public bool WithControllerManager { get; init; } = true;

    /// <summary>Keeps etcd's data, keys and logs there. By default a fresh temporary directory, deleted at the end.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Lets etcd wait for the disk. Slower; a machine that loses power loses nothing.</summary>
    public bool Durable { get; init; }

    /// <summary>
    /// Where pods reach the API server: an address of an interface of this machine or network namespace, and not of loopback. With it the
    /// server listens there, Service kubernetes leads to it, pods are given their ServiceAccount's token, and the node's binaries are got
    /// as well. Without it pods are only stored, and the server listens on 127.0.0.1.
    /// </summary>
    public IPAddress? PodsReachItAt { get; init; }

    /// <summary>Further users beside the administrator; what they may do is RBAC's to say.</summary>
    public IReadOnlyList<TokenUser> Users { get; init; } = [];

    /// <summary>Put after our own flags, so that they win.</summary>
    public IReadOnlyList<string> ApiServerArguments { get; init; } = [];

    /// <summary>Put after our own flags, so that they win.</summary>
    public IReadOnlyList<string> ControllerManagerArguments { get; init; } = [];

    /// <summary>How long a server may take until it is ready. Usually 5 s; a server that dies is noticed at once.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long a server may take to end by itself before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
