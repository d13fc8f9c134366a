namespace AgentWarden.ControlPlane;

/// <summary>A real Kubernetes API server with its etcd and controller manager, on loopback, for as long as this object lives.</summary>
public sealed class LocalControlPlane : IAsyncDisposable
{
    private readonly LocalControlPlaneOptions _options;
    private readonly ControlPlaneFiles _files;
    private readonly ServerStarter _starter;
    private readonly TokenUser _admin = new("admin", "system:masters");
    private ServerProcess? _etcd;
    private ServerProcess? _apiServer;
    private ServerProcess? _controllerManager;

    private LocalControlPlane(ControlPlaneBinaries binaries, LocalControlPlaneOptions options)
    {
        Binaries = binaries;
        _options = options;
        var directory = options.DataDirectory is { } own
            ? Directory.CreateDirectory(Path.GetFullPath(own), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
            : Directory.CreateTempSubdirectory("agent-warden-");
        _files = new ControlPlaneFiles(directory.FullName);
        _starter = new ServerStarter(binaries, options, _files);
    }

    public ControlPlaneBinaries Binaries { get; }

    public Version ServerVersion => Binaries.ServerVersion;

    public Uri Server { get; private set; } = null!;

    public Uri EtcdClientUrl { get; private set; } = null!;

    public string DataDirectory => _files.Directory;

    /// <summary>A complete kubeconfig of the administrator, readable by its owner only.</summary>
    public string KubeconfigPath => _files.Kubeconfig;

    /// <summary>The API server's certificate chain in PEM, for clients that are not configured by the kubeconfig.</summary>
    public string CertificateAuthorityPath => _files.ServingCertificate;

    public string AdminToken => _admin.Token;

    /// <summary>Starts everything and returns when the API server is ready and the default namespace exists.</summary>
    public static async Task<LocalControlPlane> StartAsync(
        LocalControlPlaneOptions? options = null, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        var binaries = await ControlPlaneBinaries.LocateAsync(options?.PodsReachItAt is not null, progress, cancellationToken);
        var plane = new LocalControlPlane(binaries, options ?? new LocalControlPlaneOptions());
        try
        {
            await plane.StartServersAsync(progress, cancellationToken);
            return plane;
        }
        catch (Exception failure)
        {
            await plane.StopAsync();
            plane.CleanUp(keepLogs: failure is ControlPlaneException);
            throw;
        }
    }

    /// <summary>A client that verifies the server's certificate; the administrator's, unless another token is given.</summary>
    public HttpClient CreateClient(string? token = null) =>
        ApiServerClient.Create(Server, CertificateAuthorityPath, token ?? AdminToken);

    /// <summary>The API server is gone at once, as when its machine loses power. Data and port are kept.</summary>
    public void KillApiServer() => _apiServer?.Kill();

    /// <summary>The API server ends as in an orderly update. Data and port are kept.</summary>
    public Task StopApiServerAsync() => _apiServer?.StopAsync(_options.StopTimeout) ?? Task.CompletedTask;

    /// <summary>Starts the API server again at the same port with the same data; nothing happens if it is running.</summary>
    public async Task StartApiServerAsync(CancellationToken cancellationToken = default)
    {
        if (_apiServer is { HasExited: false })
        {
            return;
        }

        _apiServer?.Dispose();
        (_apiServer, Server) = await _starter.StartApiServerAsync(EtcdClientUrl, AdminToken, Server, cancellationToken);
    }

    /// <summary>Takes the API server away for a while, killed or in good order.</summary>
    public async Task RestartApiServerAsync(TimeSpan downFor, bool kill, CancellationToken cancellationToken = default)
    {
        if (kill)
        {
            KillApiServer();
        }
        else
        {
            await StopApiServerAsync();
        }

        await Task.Delay(downFor, cancellationToken);
        await StartApiServerAsync(cancellationToken);
    }

    /// <summary>Ends the servers, each before the one it talks to, and deletes the directory if it was ours.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        CleanUp(keepLogs: false);
    }

    private async Task StopAsync()
    {
        foreach (var server in new[] { _controllerManager, _apiServer, _etcd })
        {
            if (server is not null)
            {
                await server.StopAsync(_options.StopTimeout);
                server.Dispose();
            }
        }
    }

    private void CleanUp(bool keepLogs)
    {
        if (_options.DataDirectory is null && Directory.Exists(DataDirectory))
        {
            _files.Delete(keepLogs);
        }
    }

    private async Task StartServersAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        _files.Prepare([_admin, .. _options.Users]);
        progress?.Report($"starting Kubernetes {ServerVersion} in {DataDirectory}");
        (_etcd, EtcdClientUrl) = await _starter.StartEtcdAsync(cancellationToken);
        (_apiServer, Server) = await _starter.StartApiServerAsync(EtcdClientUrl, AdminToken, null, cancellationToken);
        if (_options.WithControllerManager)
        {
            _controllerManager = _starter.StartControllerManager();
        }

        progress?.Report($"Kubernetes {ServerVersion} is ready at {Server.GetLeftPart(UriPartial.Authority)}");
    }
}
