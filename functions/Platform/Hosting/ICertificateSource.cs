using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AgentWarden.Platform.Hosting;

/// <summary>The serving certificate of the moment; each new connection asks for it.</summary>
internal interface ICertificateSource
{
    /// <summary>Null while there is none: connections are refused and readiness says why.</summary>
    SslStreamCertificateContext? Current { get; }

    /// <summary>Why there is none, or null.</summary>
    string? Problem { get; }
}

/// <summary>A certificate that this process holds in memory, made by itself; it may be replaced at any time.</summary>
internal sealed class InMemoryCertificate(X509Certificate2 certificate, X509Certificate2Collection? chain = null) : ICertificateSource
{
    private volatile SslStreamCertificateContext _current = TlsContext.Create(certificate, chain);

    public SslStreamCertificateContext? Current => _current;

    public string? Problem => null;

    public void Replace(X509Certificate2 certificate, X509Certificate2Collection? chain = null) =>
        _current = TlsContext.Create(certificate, chain);
}
