using AgentWarden.Kernel.Contracts;
using System.CommandLine;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>The command line. Kept apart from Program, so that a Functions host's start does not load the parser.</summary>
internal static class Cli
{
    public static Task<int> RunAsync(string[] args) => Root().Parse(args).InvokeAsync();

    internal static RootCommand Root()
    {
        var root = new RootCommand(
            """
            Agent Warden gives AI agents on Kubernetes their credentials.

              agent-warden up       try it: a local control plane, or a cluster you name, with the guide's example
              agent-warden serve    run it in a pod
              agent-warden bridge   run the event bridge alone, for functions that run elsewhere or are scaled to zero

            Started by an Azure Functions host, which gives it arguments of its own, it is that host's isolated worker.
            Settings are environment variables, AGENTWARDEN_* and OTEL_*: docs/reference/settings.md lists them.
            """);
        root.Subcommands.Add(Serve());
        root.Subcommands.Add(Bridge());
        root.Subcommands.Add(Up());
        return root;
    }

    private static Command Serve()
    {
        var role = new Option<string>("--role") { Description = "What this process does: all, admission (answers the API server only) or functions (takes events over HTTP, from a bridge; no Lease).", DefaultValueFactory = _ => "all" };
        role.AcceptOnlyFromAmong("all", "admission", "functions");
        var admission = new Option<string>("--admission") { Description = "Address of the TLS endpoint that the API server calls, for example :8443 or 127.0.0.1:8443.", DefaultValueFactory = _ => ":8443" };
        var http = new Option<string>("--http") { Description = "Address of the plain endpoint: /healthz, /readyz, /metrics, /events.", DefaultValueFactory = _ => ":8080" };
        var certificate = new Option<string?>("--certificate") { Description = "PEM file of the serving certificate and its chain; read again when it changes." };
        var key = new Option<string?>("--key") { Description = "PEM file of its private key." };
        var (kubeconfig, context) = ClusterOptions("Default: $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config.");
        var command = new Command("serve", "Run every function in this process: admission over TLS; event bridge and timers on the replica that holds the Lease.") { role, admission, http, certificate, key, kubeconfig, context };
        command.SetAction(parsed => ServeCommand.RunAsync(new(Parts(parsed.GetValue(role)!), parsed.GetValue(admission)!, parsed.GetValue(http)!, parsed.GetValue(certificate), parsed.GetValue(key), parsed.GetValue(kubeconfig), parsed.GetValue(context))));
        return command;
    }

    private static HostedParts Parts(string role) => role switch
    {
        "admission" => HostedParts.Admission,
        "functions" => HostedParts.Events,
        _ => HostedParts.All,
    };

    private static Command Bridge()
    {
        var http = new Option<string>("--http") { Description = "Address of the plain endpoint: /healthz, /readyz, /metrics, /looks, /scaler.", DefaultValueFactory = _ => ":8080" };
        var scaler = new Option<string>("--scaler") { Description = "Address of KEDA's external scaler (gRPC).", DefaultValueFactory = _ => ":9090" };
        var certificate = new Option<string?>("--scaler-certificate") { Description = "PEM file of the scaler's certificate and its chain; without it the scaler speaks plain HTTP/2." };
        var key = new Option<string?>("--scaler-key") { Description = "PEM file of its private key." };
        var authority = new Option<string?>("--scaler-client-ca") { Description = "PEM file of the CA that the scaler's clients must have their certificate from; without it none is asked for." };
        var shard = new Option<string?>("--shard") { Description = "This bridge's part of the namespaces, INDEX/COUNT: 0/3, 1/3, 2/3; auto/3 in a StatefulSet. Default: all of them." };
        var (kubeconfig, context) = ClusterOptions("Default: $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config.");
        var command = new Command("bridge", "Run the event bridge alone: it watches the cluster and delivers events to the functions over HTTP (AGENTWARDEN_SINK_URL, which is needed then), Azure Event Grid or an Azure Storage Queue (AGENTWARDEN_SINK), and tells KEDA how much work there is. Settings are environment variables: docs/reference/settings.md lists them.") { http, scaler, certificate, key, authority, shard, kubeconfig, context };
        command.SetAction(parsed => BridgeCommand.RunAsync(new(parsed.GetValue(http)!, parsed.GetValue(scaler)!, parsed.GetValue(certificate), parsed.GetValue(key), parsed.GetValue(authority), parsed.GetValue(shard), parsed.GetValue(kubeconfig), parsed.GetValue(context))));
        return command;
    }

    private static Command Up()
    {
        var (kubeconfig, context) = ClusterOptions("A cluster is only ever touched when both --kubeconfig and --context name it; otherwise a local control plane is started.");
        var noExample = new Option<bool>("--no-example") { Description = "Install and run, but apply no example." };
        var data = new Option<string?>("--data") { Description = "Keep the local control plane's data in this folder. Default: a temporary one, deleted at the end." };
        var once = new Option<bool>("--once") { Description = "Show the result and end, instead of running until Ctrl-C." };
        var command = new Command("up", "Install the CRDs, webhooks and RBAC, run every function here, apply the kagent guide's example, and show what happens.") { kubeconfig, context, noExample, data, once };
        command.SetAction(parsed => UpCommand.RunAsync(new(parsed.GetValue(kubeconfig), parsed.GetValue(context), !parsed.GetValue(noExample), parsed.GetValue(data), parsed.GetValue(once))));
        return command;
    }

    private static (Option<string?> Kubeconfig, Option<string?> Context) ClusterOptions(string note) =>
        (new("--kubeconfig") { Description = $"Kubeconfig file. {note}" }, new("--context") { Description = "Context in the kubeconfig." });
}
