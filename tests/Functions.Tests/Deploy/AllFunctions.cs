using AgentWarden.Platform.Composition;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Deploy;

/// <summary>Every function as the program composes them, over an API server that is never asked.</summary>
internal static class AllFunctions
{
    public static async Task<IReadOnlyList<IFunction>> ComposeAsync()
    {
        using var metrics = new AgentWardenMetrics();
        var nowhere = new KubernetesClient(new ClusterConnection { Server = new Uri("https://127.0.0.1:1"), Description = "no cluster" });
        using var functions = new WardenFunctions(nowhere, HostedParts.All, _ => null, new Invocations(metrics, NullLoggerFactory.Instance), NullLoggerFactory.Instance, TimeProvider.System, new HashSet<string>(StringComparer.Ordinal), callers: null);
        return functions.All;
    }
}
