using System.Net;

namespace AgentWarden.ControlPlane;

/// <summary>Starts one server and waits until it is ready; takes another port when somebody was faster.</summary>
internal sealed class ServerStarter(ControlPlaneBinaries binaries, LocalControlPlaneOptions options, ControlPlaneFiles files)
{
    private const int Attempts = 5;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    internal async Task<(ServerProcess Process, Uri Url)> StartEtcdAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (port, peerPort) = (LoopbackPorts.Next(), LoopbackPorts.Next());
            var process = Start(binaries.Etcd, ControlPlaneFlags.Etcd(files, port, peerPort, options.Durable));
            var url = new Uri($"http://127.0.0.1:{port}");
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url };
            if (await IsReadyAsync(process, stop => AnswersAsync(client, "/health", stop), attempt, cancellationToken))
            {
                return (process, url);
            }
        }
    }

    /// <param name="keep">The address it had before; its port is kept, and waited for when it is taken.</param>
    internal async Task<(ServerProcess Process, Uri Server)> StartApiServerAsync(
        Uri etcd, string adminToken, Uri? keep, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = keep ?? new UriBuilder(Uri.UriSchemeHttps, (options.PodsReachItAt ?? IPAddress.Loopback).ToString(), LoopbackPorts.Next()).Uri;
            var process = Start(
                binaries.KubeApiServer, ControlPlaneFlags.ApiServer(files, etcd, server, options.PodsReachItAt is not null, options.ApiServerArguments));
            if (await IsReadyAsync(process, stop => ApiServerIsReadyAsync(server, adminToken, stop), attempt, cancellationToken))
            {
                files.WriteKubeconfig(server, adminToken);
                return (process, server);
            }
        }
    }

    internal ServerProcess StartControllerManager() => Start(
        binaries.KubeControllerManager,
        ControlPlaneFlags.ControllerManager(files, binaries.ControllerManagerVersion, options.ControllerManagerArguments));

    private ServerProcess Start(string program, IReadOnlyList<string> arguments) =>
        ServerProcess.Start(files.Directory, options.DataDirectory is null, program, arguments);

    /// <returns>False when the port was taken and another attempt is worth it.</returns>
    private async Task<bool> IsReadyAsync(
        ServerProcess process, Func<CancellationToken, Task<bool>> probe, int attempt, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.ReadyTimeout);
        try
        {
            while (!process.HasExited)
            {
                // Ready means: it answers and it is ours. A stranger may answer at a port we failed to get.
                if (await probe(patience.Token) && !process.HasExited)
                {
                    return true;
                }

                await Task.Delay(PollInterval, patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            process.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw process.Failure($"was not ready after {options.ReadyTimeout.TotalSeconds:0} s");
        }

        process.Dispose();
        return attempt < Attempts && process.LogMentions("address already in use")
            ? false
            : throw process.Failure("ended before it was ready");
    }

    private async Task<bool> ApiServerIsReadyAsync(Uri server, string token, CancellationToken cancellationToken)
    {
        if (!File.Exists(files.ServingCertificate))
        {
            return false;
        }

        using var client = ApiServerClient.Create(server, files.ServingCertificate, token);
        return await AnswersAsync(client, "/readyz", cancellationToken)
            && await AnswersAsync(client, "/api/v1/namespaces/default", cancellationToken);
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string path, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ProbeTimeout);
        try
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), patience.Token);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // Only this probe was too slow, as on a busy machine; the next one may not be.
        }
    }
}
