using System.CommandLine;

namespace AgentWarden.Composition.Commands;

/// <summary>The command line. Kept apart from Program, so that a Functions host's start does not load the parser.</summary>
internal static class Cli
{
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            """
            Agent Warden gives AI agents on Kubernetes their credentials.

              agent-warden up       try it: a local control plane, or a cluster you name, with the guide's example
              agent-warden serve    run it in a pod

            Without a command, and with FUNCTIONS_CUSTOMHANDLER_PORT set, it is a custom handler of the Azure Functions host.
            Settings: AGENTWARDEN_LOG_LEVEL, AGENTWARDEN_LOG_FORMAT (json or text), AGENTWARDEN_NAMESPACE, AGENTWARDEN_EVENT_TOKEN,
            AGENTWARDEN_BRIDGE, AGENTWARDEN_SHUTDOWN_GRACE, OTEL_EXPORTER_OTLP_ENDPOINT and the other OTEL_* variables.
            """);
        root.Subcommands.Add(Serve());
        root.Subcommands.Add(Up());
        return root.Parse(args).InvokeAsync();
    }

    private static Command Serve()
    {
        var admission = new Option<string>("--admission") { Description = "Address of the TLS endpoint that the API server calls, for example :8443 or 127.0.0.1:8443.", DefaultValueFactory = _ => ":8443" };
        var http = new Option<string>("--http") { Description = "Address of the plain endpoint: /healthz, /readyz, /metrics, /events.", DefaultValueFactory = _ => ":8080" };
        var certificate = new Option<string?>("--certificate") { Description = "PEM file of the serving certificate and its chain; read again when it changes." };
        var key = new Option<string?>("--key") { Description = "PEM file of its private key." };
        var (kubeconfig, context) = ClusterOptions("Default: $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config.");
        var command = new Command("serve", "Run every function in this process: admission over TLS; event bridge and timers on the replica that holds the Lease.") { admission, http, certificate, key, kubeconfig, context };
        command.SetAction(parsed => ServeCommand.RunAsync(new(parsed.GetValue(admission)!, parsed.GetValue(http)!, parsed.GetValue(certificate), parsed.GetValue(key), parsed.GetValue(kubeconfig), parsed.GetValue(context))));
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
