using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Hosting;

/// <summary>
/// A serving certificate from PEM files, taken anew when their content changes.
/// It compares content and does not watch: the kubelet swaps a <c>..data</c> symlink, of which file watchers hear nothing.
/// </summary>
internal sealed class CertificateFiles : ICertificateSource, IDisposable
{
    public static readonly TimeSpan DefaultPoll = TimeSpan.FromSeconds(2);

    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private byte[] _seen = [];
    private volatile SslStreamCertificateContext? _current;
    private volatile string? _problem;

    /// <param name="certificatePath">PEM; the leaf first, then its intermediates (<c>tls.crt</c>).</param>
    /// <param name="keyPath">PEM (<c>tls.key</c>).</param>
    /// <param name="loggers">For logs.</param>
    /// <param name="clock">For polling.</param>
    /// <param name="poll">How often to look.</param>
    public CertificateFiles(string certificatePath, string keyPath, ILoggerFactory loggers, TimeProvider? clock = null, TimeSpan? poll = null)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _logger = loggers.CreateLogger("AgentWarden.Certificates");
        Look();
        _timer = (clock ?? TimeProvider.System).CreateTimer(static s => ((CertificateFiles)s!).Look(), this, poll ?? DefaultPoll, poll ?? DefaultPoll);
    }

    public SslStreamCertificateContext? Current => _current;

    public string? Problem => _current is null ? _problem : null;

    /// <summary>Reads the files again if they changed. A pair that does not fit together (caught in the middle of a swap) waits for the next look.</summary>
    public void Look()
    {
        if (!_lock.TryEnter())
        {
            return;
        }

        try
        {
            var certificate = File.ReadAllBytes(_certificatePath);
            var key = File.ReadAllBytes(_keyPath);
            var digest = SHA256.HashData([.. SHA256.HashData(certificate), .. SHA256.HashData(key)]);
            if (!digest.AsSpan().SequenceEqual(_seen))
            {
                Take(certificate, key);
                _seen = digest;
            }

            _problem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            Report(e);
        }
        finally
        {
            _lock.Exit();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Take(byte[] certificatePem, byte[] keyPem)
    {
        var pem = System.Text.Encoding.UTF8.GetString(certificatePem);
        var leaf = X509Certificate2.CreateFromPem(pem, System.Text.Encoding.UTF8.GetString(keyPem));
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        chain.RemoveAt(0);
        // The certificate before stays alive, undisposed: handshakes may be using it.
        _current = TlsContext.Create(leaf, chain);
        _logger.LogInformation("Serving certificate {Thumbprint}, valid until {NotAfter:O}, loaded from {Path}.", leaf.Thumbprint, leaf.NotAfter.ToUniversalTime(), _certificatePath);
    }

    private void Report(Exception e)
    {
        var problem = e is IOException or UnauthorizedAccessException
            ? $"the certificate files {_certificatePath} and {_keyPath} cannot be read"
            : $"{_certificatePath} and {_keyPath} do not hold a certificate and its key";
        if (_problem != problem)
        {
            _problem = problem;
            _logger.LogWarning("{Problem}; {Effect}.", problem, _current is null ? "TLS connections are refused until they do" : "the certificate before stays in use");
        }
    }
}
