using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>A serving certificate from PEM files, taken anew when their content changes.</summary>
internal sealed class CertificateFiles : ICertificateSource, IDisposable
{
    private readonly ILogger _logger;
    private readonly string _certificatePath;
    private readonly PolledFiles _files;
    private volatile SslStreamCertificateContext? _current;

    /// <param name="certificatePath">PEM; the leaf first, then its intermediates (<c>tls.crt</c>).</param>
    /// <param name="keyPath">PEM (<c>tls.key</c>).</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="clock">For polling.</param>
    /// <param name="poll">How often to look.</param>
    public CertificateFiles(string certificatePath, string keyPath, ILoggerFactory loggers, TimeProvider? clock = null, TimeSpan? poll = null)
    {
        _certificatePath = certificatePath;
        _logger = loggers.CreateLogger("AgentWarden.Certificates");
        _files = new PolledFiles([certificatePath, keyPath], "a certificate and its key", Take, Effect, _logger, clock, poll);
    }

    public SslStreamCertificateContext? Current => _current;

    public string? Problem => _current is null ? _files.Problem : null;

    /// <inheritdoc cref="PolledFiles.Look"/>
    public void Look() => _files.Look();

    public void Dispose() => _files.Dispose();

    private void Take(IReadOnlyList<byte[]> contents)
    {
        var pem = Encoding.UTF8.GetString(contents[0]);
        var leaf = X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(contents[1]));
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        chain.RemoveAt(0);
        // The certificate before stays alive, undisposed: handshakes may be using it.
        _current = TlsContext.Create(leaf, chain);
        _logger.LogInformation("Serving certificate {Thumbprint}, valid until {NotAfter:O}, loaded from {Path}.", leaf.Thumbprint, leaf.NotAfter.ToUniversalTime(), _certificatePath);
    }

    private string Effect() => _current is null ? "TLS connections are refused until they are there" : "the certificate before stays in use";
}
