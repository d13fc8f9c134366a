using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>The authorities whose client certificates a listener accepts (mutual TLS), from a PEM file that is taken anew when its content changes.</summary>
internal sealed class ClientAuthorityFile : IDisposable
{
    private readonly ILogger _logger;
    private readonly string _path;
    private readonly PolledFiles _files;
    private volatile X509Certificate2Collection? _current;

    /// <param name="path">PEM; one or more root certificates (<c>ca.crt</c>).</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="clock">For polling.</param>
    /// <param name="poll">How often to look.</param>
    public ClientAuthorityFile(string path, ILoggerFactory loggers, TimeProvider? clock = null, TimeSpan? poll = null)
    {
        _path = path;
        _logger = loggers.CreateLogger("AgentWarden.Certificates");
        _files = new PolledFiles([path], "CA certificates for clients", Take, Effect, _logger, clock, poll);
    }

    /// <summary>Why there is none, or null.</summary>
    public string? Problem => _current is null ? _files.Problem : null;

    /// <inheritdoc cref="PolledFiles.Look"/>
    public void Look() => _files.Look();

    /// <summary>How a client's certificate is judged in one handshake: by these authorities only, not by those that the machine trusts.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_current ?? throw new ConnectionAbortedException($"No client can be trusted: {Problem}."));
        return policy;
    }

    public void Dispose() => _files.Dispose();

    private void Take(IReadOnlyList<byte[]> contents)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(Encoding.UTF8.GetString(contents[0]));
        if (authorities.Count == 0)
        {
            throw new CryptographicException("No certificate in the file.");
        }

        _current = authorities;
        _logger.LogInformation("{Count} CA certificates for clients loaded from {Path}.", authorities.Count, _path);
    }

    private string Effect() => _current is null ? "TLS connections are refused until they are there" : "those before stay in use";
}
