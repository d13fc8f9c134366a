using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Platform.Hosting;

/// <summary>Makes a certificate authority of its own and a serving certificate under it, for when cert-manager is absent.</summary>
internal static class CertificateFactory
{
    // Clocks of nodes differ: a certificate must be valid for the others at once.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    public static ServingCertificate Create(IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses, DateTimeOffset now, TimeSpan validity)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var from = now - ClockSkew;
        var until = now + validity;
        using var authority = Authority(authorityKey, from, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=agent-warden", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(Names(dnsNames, addresses));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(16));
        return new ServingCertificate(
            certificate.CopyWithPrivateKey(key),
            certificate.ExportCertificatePem(),
            SecretValue.FromText(key.ExportPkcs8PrivateKeyPem()),
            authority.ExportCertificatePem());
    }

    private static X509Certificate2 Authority(ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        var request = new CertificateRequest("CN=agent-warden-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(from, until);
    }

    private static X509Extension Names(IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames)
        {
            names.AddDnsName(name);
        }

        foreach (var address in addresses)
        {
            names.AddIpAddress(address);
        }

        return names.Build();
    }
}

/// <summary>A serving certificate with what others need of it. The authority's key is thrown away: a new certificate gets a new authority.</summary>
/// <param name="Certificate">With its key, to serve with.</param>
/// <param name="CertificatePem">For <c>tls.crt</c>.</param>
/// <param name="KeyPem">For <c>tls.key</c>.</param>
/// <param name="CaBundlePem">For a webhook's <c>caBundle</c> (there it is base64 of this text).</param>
internal sealed record ServingCertificate(X509Certificate2 Certificate, string CertificatePem, SecretValue KeyPem, string CaBundlePem);
