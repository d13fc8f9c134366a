using System.Diagnostics.CodeAnalysis;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Platform.Hosting;
using AgentWarden.Platform.Telemetry;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>
/// As the isolated worker of an Azure Functions host, which starts this program and calls it over gRPC: the host fires timers, reads queues,
/// takes HTTP and checks keys. The event bridge runs in here, on the replica that holds the Lease, unless another process sends events.
/// </summary>
internal static class WorkerCommand
{
    /// <summary>False in the native program: the worker's packages need a runtime that compiles. The trimmer knows this switch, and leaves them out.</summary>
    [FeatureSwitchDefinition("AgentWarden.FunctionsWorker")]
    public static bool IsSupported => !AppContext.TryGetSwitch("AgentWarden.FunctionsWorker", out var on) || on;

    /// <summary>A Functions host gives its address; people and pods give a command.</summary>
    public static bool IsAsked(string[] args) => args.Contains("--functions-uri", StringComparer.Ordinal);

    /// <summary>A Functions host gives its worker five seconds, and then kills it with the Lease in its hands.</summary>
    private static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(4);

    /// <summary>Of that time, what calls in flight may take.</summary>
    private static readonly TimeSpan Calls = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            using var host = Build(args);
            await host.RunAsync();
            return Environment.ExitCode;
        }
        catch (HostingException problem)
        {
            // To stderr: the Functions host shows its last lines as the reason.
            await Console.Error.WriteLineAsync(problem.Message);
            return ExitCodes.CannotStart;
        }
    }

    private static IHost Build(string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        var cluster = Settings.Cluster(kubeconfig: null, context: null);
        var withBridge = Switch.IsOn(Settings.Read, Settings.Bridge);
        builder.Services.AddSingleton(services => new WardenProcess(cluster, new()
        {
            Parts = withBridge ? HostedParts.All : HostedParts.All & ~HostedParts.Bridge,
            Settings = Settings.Read,
            Loggers = new SafeLoggerFactory(services.GetRequiredService<ILoggerFactory>()),
            Catalog = FunctionCatalog.Load(Settings.Read),
            ReadsQueues = true,
            Cut = After(services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping, Calls),
        }));
        builder.Services.AddAgentWardenTelemetry(Settings.Read);
        if (OtlpSettings.Read(Settings.Read) is { Traces: true })
        {
            // The host then leaves spans of calls to us, and ours hang below the one that it began.
            builder.Services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        }

        builder.Services.AddSingleton<IFunctionEntry>(services => services.GetRequiredService<WardenProcess>().Entry);
        builder.Services.AddHostedService(services => new WorkerBackground(
            services.GetRequiredService<WardenProcess>(), cluster, withBridge, services.GetRequiredService<IHostApplicationLifetime>()));
        builder.Services.Configure<HostOptions>(o =>
        {
            o.ShutdownTimeout = Shutdown;
            // Calls in flight, the event bridge and the Lease end side by side: there is no time for one after the other.
            o.ServicesStopConcurrently = true;
        });
        return builder.Build();
    }

    /// <summary>Fires some time after the other did.</summary>
    private static CancellationToken After(CancellationToken first, TimeSpan time)
    {
        var later = new CancellationTokenSource();
        first.Register(() => later.CancelAfter(time));
        return later.Token;
    }
}

/// <summary>Caches, and the event bridge where it runs here.</summary>
internal sealed class WorkerBackground(WardenProcess process, ClusterConnection cluster, bool withBridge, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The Lease has a connection of its own: a queue of writes must not cost the leadership.
        using var leaseApi = new KubernetesClient(cluster);
        var ns = OwnNamespace.Of(cluster, Settings.Read);
        var work = withBridge ? process.LeadAsync(leaseApi, ns, process.BridgeAsync, stoppingToken) : process.FollowAsync(stoppingToken);
        var ended = await Task.WhenAny(process.Functions.Caches.RunAsync(stoppingToken), work);
        if (!stoppingToken.IsCancellationRequested)
        {
            // Half a process helps nobody: the Functions host starts another when this one ends with a code.
            Environment.ExitCode = ExitCodes.Failed;
            lifetime.StopApplication();
        }

        await ended;
        await work;
    }
}
