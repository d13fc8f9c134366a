using AgentWarden.Kernel.Contracts;
using System.Net;
using System.Net.Sockets;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Platform.Composition.Showing;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>One <c>up</c> on its cluster, from the installation to Ctrl-C.</summary>
internal sealed class UpSession(UpCluster cluster, IAnsiConsole console, ILoggerFactory loggers, HostLifetime lifetime, string logFile)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private bool _failed;

    public async Task<int> RunAsync(UpCommand.Options options, IProgress<string> progress)
    {
        using var admin = new KubernetesClient(cluster.Admin);
        console.MarkupLine("[bold]Installing CRDs and RBAC[/]");
        await new Installer(admin).InstallAsync(progress, lifetime.Stopping);

        using var process = new WardenProcess(cluster.Functions, new()
        {
            Parts = HostedParts.All, Settings = Settings.Read, Loggers = loggers, Catalog = FunctionCatalog.Load(Settings.Read), ChecksCallers = false,
        });
        var certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromDays(365));
        await using var server = new WebServer(
            [
                new("admission", new IPEndPoint(IPAddress.Loopback, 0), process.MapAdmission) { Certificate = new InMemoryCertificate(certificate.Certificate) },
                new("http", new IPEndPoint(IPAddress.Loopback, FreePort(8080)), process.MapPlain),
            ],
            process.Readiness, process.Metrics, loggers, process.AddServices);
        var session = (Func<CancellationToken, Task>)(token => DriveAsync(options, admin, process, server, certificate.CaBundlePem, progress, token));
        var code = await HostRunner.RunAsync(server, process.Readiness, lifetime, new ShutdownOptions(), loggers,
            process.Functions.Caches.RunAsync, process.WorkAsync, session, new EventTicker(admin, console, loggers.CreateLogger("AgentWarden.Up")).RunAsync);
        return _failed ? ExitCodes.CannotStart : code;
    }

    private async Task DriveAsync(UpCommand.Options options, KubernetesClient admin, WardenProcess process, WebServer server, string caBundle, IProgress<string> progress, CancellationToken cancellation)
    {
        var webhooks = new LocalWebhooks(admin, new Uri($"https://127.0.0.1:{server.Address("admission").Port}"));
        var reachable = cluster.IsLocal || IPAddress.TryParse(cluster.Admin.Server.Host, out var host) && IPAddress.IsLoopback(host);
        try
        {
            await process.Functions.Caches.WaitForSyncAsync(lifetime.Stopping);
            console.MarkupLine($"[bold]Functions are running[/] [grey]http://127.0.0.1:{server.Address("http").Port}/readyz, /metrics; log {Markup.Escape(logFile)}[/]");
            if (reachable)
            {
                await webhooks.InstallAsync(caBundle, progress, lifetime.Stopping);
            }
            else
            {
                console.MarkupLine("[yellow]Webhooks are not installed: that API server cannot call this machine. Pods are not injected; to have that, install deploy/ into the cluster.[/]");
            }

            if (options.Example)
            {
                await ExampleAsync(admin, reachable, progress);
            }

            Say();
            if (options.Once)
            {
                lifetime.Stop("--once");
            }

            await Task.Delay(Timeout.Infinite, lifetime.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            console.MarkupLine("[grey]ending …[/]");
        }
        catch (Exception problem) when (problem is InstallException or KubernetesException or HostingException)
        {
            console.MarkupLine($"[red]{Markup.Escape(problem.Message)}[/]");
            _failed = true;
            lifetime.Stop("a step failed");
        }
        catch (OperationCanceledException) when (lifetime.Stopping.IsCancellationRequested)
        {
            // Ctrl-C in the middle of a step.
        }
        finally
        {
            // Webhooks that lead to a process that is gone would block every pod.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await webhooks.RemoveAsync(progress, patience.Token);
        }

        // The host ends the rest; a part that ends by itself would look like a fault.
        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ExampleAsync(KubernetesClient admin, bool withPod, IProgress<string> progress)
    {
        console.MarkupLine("[bold]Applying the kagent guide's example[/]");
        var installer = new Installer(admin);
        foreach (var file in Manifests.Example("kagent"))
        {
            if (await installer.IsServedAsync(file.Objects[^1], lifetime.Stopping))
            {
                await installer.ApplyAsync(file.Objects, progress, lifetime.Stopping);
            }
            else
            {
                progress.Report($"skipped   {Path.GetFileName(file.Path)}: kagent's CRDs are not installed in this cluster");
            }
        }

        var view = new GuideView(admin, console);
        if (!await view.WaitAsync(Patience, lifetime.Stopping))
        {
            console.MarkupLine($"[yellow]The example is not ready after {Patience.TotalSeconds:0} s. What there is:[/]");
        }

        await view.ShowAsync(withPod, lifetime.Stopping);
    }

    private void Say()
    {
        var kubectl = $"kubectl {cluster.KubectlArguments}";
        console.WriteLine();
        console.MarkupLine("[bold]Try it[/] [grey](what happens is shown below; Ctrl-C ends everything that was started)[/]");
        foreach (var line in new[]
        {
            $"{kubectl} get llmaccess -A",
            $"{kubectl} -n kagent edit llmaccess agent-anthropic",
            $"{kubectl} label namespace kagent llmwarden.io/ai-enabled-",
            $"{kubectl} label namespace kagent llmwarden.io/ai-enabled=true",
            $"{kubectl} -n llmwarden-system create secret generic anthropic-master-key --from-literal=api-key=another --dry-run=client -o yaml | {kubectl} apply -f -",
        })
        {
            // Plain, so that a long line can be copied whole.
            console.Profile.Out.Writer.WriteLine($"  {line}");
        }

        console.WriteLine();
    }

    /// <summary>The port that people expect, or any when it is taken.</summary>
    private static int FreePort(int wanted)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, wanted);
            probe.Start();
            return wanted;
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
