using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Composition;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Deploy;

/// <summary>Every function as the program composes them, over an API server that is never asked.</summary>
internal static class AllFunctions
{
    public static IReadOnlyList<IHandler> Compose()
    {
        using var metrics = new AgentWardenMetrics();
        using var functions = Functions(metrics);
        return functions.Handlers;
    }

    public static WardenFunctions Functions(AgentWardenMetrics metrics)
    {
        var nowhere = new KubernetesClient(new ClusterConnection { Server = new Uri("https://127.0.0.1:1"), Description = "no cluster" });
        var options = new WardenOptions
        {
            Parts = HostedParts.All, Settings = _ => null, Loggers = NullLoggerFactory.Instance, Catalog = FunctionCatalog.Load(_ => null),
        };
        return new(nowhere, options, new Invocations(metrics, NullLoggerFactory.Instance), callers: null);
    }
}
