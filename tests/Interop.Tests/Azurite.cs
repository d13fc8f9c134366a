using System.Diagnostics;
using System.Net;
using System.Text;
using AgentWarden.ControlPlane;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.InteropTests;

/// <summary>The queue service of Azurite, the Azure Storage emulator, on a free loopback port with a folder of its own. It ends with the test.</summary>
internal sealed class Azurite : IAsyncDisposable
{
    /// <summary>The emulator's account. Its key is published, the same everywhere, and protects nothing.</summary>
    public const string Account = "devstoreaccount1";
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private const string Package = "azurite@3.35.0";
    private const string Listens = "successfully listens on ";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("warden-azurite").FullName;
    private readonly List<string> _options = [];
    private Process? _process;
    private readonly int _port = LoopbackPorts.Next();

    private Azurite()
    {
    }

    /// <summary>The account's queues.</summary>
    public Uri Queues { get; private set; } = new("http://127.0.0.1");

    /// <summary>PEM file of whoever signed its certificate, when it serves TLS.</summary>
    public string AuthoritiesFile => Path.Combine(_folder, "authorities.pem");

    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};QueueEndpoint={Queues}";

    public static Task<Azurite> StartAsync() => StartAsync(_ => Task.CompletedTask);

    /// <summary>Serves TLS and takes Entra tokens, whose claims but not whose signatures it checks.</summary>
    public static Task<Azurite> StartWithTokensAsync() => StartAsync(async azurite =>
    {
        var certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        azurite._options.AddRange(["--oauth", "basic"]);
        await azurite.AddFileAsync("--cert", certificate.CertificatePem);
        await azurite.AddFileAsync("--key", Encoding.UTF8.GetString(certificate.KeyPem.Reveal()));
        await File.WriteAllTextAsync(azurite.AuthoritiesFile, certificate.CaBundlePem);
    });

    /// <summary>A token as Entra would give it, but for its signature.</summary>
    public static string Token(string audience)
    {
        static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part($$"""{"aud":"{{audience}}","iss":"https://sts.windows.net/tenant/","iat":{{now - 60}},"nbf":{{now - 60}},"exp":{{now + 3600}}}""")}.{Part("signature")}";
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    /// <remarks>Not SIGKILL: Azurite keeps answered messages in memory for some seconds, and no sender could know that they are gone. The real service does not.</remarks>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
        _process = null;
    }

    /// <summary>After <see cref="StopAsync"/>: on its port, with what is in its folder.</summary>
    public Task StartAgainAsync() => StartProcessAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Azurite> StartAsync(Func<Azurite, Task> prepare)
    {
        var azurite = new Azurite();
        try
        {
            await prepare(azurite);
            await azurite.StartProcessAsync();
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    private async Task AddFileAsync(string option, string content)
    {
        var file = Path.Combine(_folder, $"{option.TrimStart('-')}.pem");
        await File.WriteAllTextAsync(file, content);
        _options.AddRange([option, file]);
    }

    private async Task StartProcessAsync()
    {
        var main = Path.Combine(await NodePackages.FolderAsync(Package), "node_modules", "azurite", "dist", "src", "queue", "main.js");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = _folder };
        string[] arguments = [main, "--queuePort", $"{_port}", "--location", _folder, "--silent", "--disableTelemetry", .. _options];
        arguments.ToList().ForEach(start.ArgumentList.Add);
        _process = Process.Start(start)!;
        _ = _process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains(Listens, StringComparison.Ordinal))
            {
                var address = new Uri(line[(line.IndexOf(Listens, StringComparison.Ordinal) + Listens.Length)..]);
                Queues = new Uri(address, Account);
                // Read on, so that its output never blocks it.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException("Azurite ended before it listened.");
    }
}
