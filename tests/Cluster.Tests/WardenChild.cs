using System.Diagnostics;
using System.Net;
using AgentWarden.ControlPlane;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.ClusterTests;

/// <summary>The executable as it ships, as a child process, so that it can be killed like in life.</summary>
internal sealed class WardenChild : IDisposable
{
    private static readonly Lock LogLock = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("warden-child-").FullName;
    private readonly string _kubeconfig;
    private readonly IReadOnlyList<string> _arguments;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private Process? _process;

    private WardenChild(string kubeconfig, Func<string, IReadOnlyList<string>> arguments, IReadOnlyDictionary<string, string>? settings = null)
    {
        (_kubeconfig, _arguments, _settings) = (kubeconfig, arguments(_folder), settings ?? new Dictionary<string, string>());
        HttpPort = LoopbackPorts.Next();
    }

    /// <summary>The same over all starts, as a Service's address is.</summary>
    public int HttpPort { get; }

    public Uri Http => new($"http://127.0.0.1:{HttpPort}/");

    public int Id => _process?.Id ?? throw new InvalidOperationException("It was not started.");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary><c>serve</c> with everything in it, or with admission only.</summary>
    public static WardenChild Serve(string kubeconfig, string role = "all", IReadOnlyDictionary<string, string>? settings = null) => new(kubeconfig, folder =>
    {
        var certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        var (chain, key) = (Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        File.WriteAllText(chain, certificate.CertificatePem);
        File.WriteAllBytes(key, certificate.KeyPem.Reveal().ToArray());
        return ["serve", "--role", role, "--certificate", chain, "--key", key, "--admission", $"127.0.0.1:{LoopbackPorts.Next()}"];
    }, settings);

    /// <summary><c>serve --role functions</c>: takes events over HTTP, watches for nothing.</summary>
    public static WardenChild Functions(string kubeconfig, IReadOnlyDictionary<string, string>? settings = null) => new(kubeconfig, _ => ["serve", "--role", "functions"], settings);

    /// <summary><c>bridge</c>, its scaler on a free port unless an argument says otherwise.</summary>
    public static WardenChild Bridge(string kubeconfig, IReadOnlyDictionary<string, string> settings, params IReadOnlyList<string> arguments) =>
        new(kubeconfig, _ => ["bridge", .. arguments.Contains("--scaler", StringComparer.Ordinal) ? arguments : [.. arguments, "--scaler", $"127.0.0.1:{LoopbackPorts.Next()}"]], settings);

    public void Start()
    {
        var start = new ProcessStartInfo(Shipped.Program)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])[.. _arguments, "--kubeconfig", _kubeconfig, "--http", $"127.0.0.1:{HttpPort}"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["AGENTWARDEN_NAMESPACE"] = "agent-warden-system";
        foreach (var (name, value) in _settings)
        {
            start.Environment[name] = value;
        }

        var process = _process = Process.Start(start)!;
        var log = Environment.GetEnvironmentVariable("WARDEN_TEST_LOG");
        process.OutputDataReceived += (_, line) =>
        {
            if (log is { Length: > 0 } && line.Data is not null)
            {
                lock (LogLock)
                {
                    File.AppendAllText(log, $"{process.Id} {_arguments[0]} {line.Data}\n");
                }
            }
        };
        process.BeginOutputReadLine();
    }

    /// <summary>Waits until it answers that it is ready.</summary>
    public async Task ReadyAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var started = DateTime.UtcNow; ; await Task.Delay(50))
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(Http, "readyz"));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
            }

            if (DateTime.UtcNow - started > Guide.Patience || !IsRunning)
            {
                throw new TimeoutException($"agent-warden {string.Join(' ', _arguments)} is not ready; it {(IsRunning ? "runs" : "has ended")}");
            }
        }
    }

    /// <summary>SIGKILL: no farewell, the Lease stays held until it runs out.</summary>
    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
    }

    /// <summary>SIGTERM, as the kubelet sends it, and waits for the end.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        _process!.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
