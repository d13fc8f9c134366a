using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AgentWarden.Tests.Kernel.Kubernetes.Kubectl;

/// <summary>A root, an intermediate, and what they sign; all for one test class.</summary>
internal sealed class TestPki
{
    public const string InnerName = "api.inner.example";

    public TestPki()
    {
        Root = Certificate("root", issuer: null, authority: true);
        Intermediate = Certificate("intermediate", Root, authority: true);
        Server = Certificate("apiserver", Intermediate, server: true);
    }

    public X509Certificate2 Root { get; }
    public X509Certificate2 Intermediate { get; }
    public X509Certificate2 Server { get; }

    /// <summary>Certificate and chain as a client sends them, and the key.</summary>
    public (string Chain, string Key) Client(string name)
    {
        using var leaf = Certificate(name, Intermediate);
        var chain = $"{leaf.ExportCertificatePem()}\n{Intermediate.ExportCertificatePem()}";
        return (chain, leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Signed by the issuer's key, or by another one that only bears its name.</summary>
    public static X509Certificate2 Certificate(
        string name, X509Certificate2? issuer, bool authority = false, bool server = false, bool forged = false, int endsInHours = 12)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        if (server)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(InnerName);
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        if (!authority)
        {
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        }

        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-24), until = DateTimeOffset.UtcNow.AddHours(endsInHours);
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var real = issuer.GetECDsaPrivateKey()!;
        var generator = X509SignatureGenerator.CreateForECDsa(forged ? other : real);
        using var issued = request.Create(issuer.SubjectName, generator, from, until, RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
